// Where in a Go program do goroutines wait for sync.Mutex and sync.RWMutex?
//
// A goroutine that waits for a lock calls one of a few functions of the runtime with the address of
// a word of the lock. These calls stand in sync.(*Mutex).lockSlow and wherever the compiler inlined
// sync.(*RWMutex).RLock: all code is searched for them. The kernel emulates a call. The code behind
// it is shared with those that need not wait, hence ends of waits are seen where the functions that
// only waiters run return.
#include "resolve/go_probes.h"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "model/lock_probe.h"
#include "resolve/control_flow.h"
#include "resolve/elf_file.h"
#include "resolve/emulated.h"
#include "resolve/go_program.h"
#include "resolve/goroutine_id.h"

namespace quarrel {
namespace {

// From Go 1.24 on, sync's locks are those of internal/sync.
constexpr std::array<std::string_view, 2> kPackages{"sync.", "internal/sync."};
constexpr std::array<std::string_view, 3> kWaitFunctions{
    "runtime_SemacquireMutex", "runtime_SemacquireRWMutexR", "runtime_SemacquireRWMutex"};
constexpr std::string_view kWakeFunction = "runtime_Semrelease";
constexpr std::string_view kSleepFunction = "runtime.semacquire1";
constexpr std::string_view kLockFunction = "(*Mutex).lockSlow";
constexpr std::string_view kUnlockFunction = "(*Mutex).unlockSlow";
constexpr std::string_view kCreatedByFunction = "runtime.printcreatedby";

// Arguments and the goroutine in registers, on x86-64.
constexpr GoVersion kFirstWithRegisters{1, 17};

// sync/mutex.go: state, sema. sync/rwmutex.go: a Mutex, writerSem, readerSem.
constexpr int64_t kMutexSemaphore = 4;
constexpr int64_t kWriterSemaphore = 8;
constexpr int64_t kReaderSemaphore = 12;

constexpr uint64_t kMaxCodeBytes = 512u << 20;
constexpr size_t kCallBytes = 5;
constexpr uint8_t kCall = 0xe8;
constexpr uint32_t kMaxArgumentDistance = 8;

struct GoFunctions {
  std::map<std::string, uint64_t, std::less<>> by_name;
  std::map<uint64_t, uint64_t> sizes;
};

GoFunctions functions_in_symbols(Elf* elf) {
  GoFunctions found;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
      if (name == nullptr || GELF_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
      found.by_name.emplace(name, symbol.st_value);
      found.sizes[symbol.st_value] = symbol.st_size;
    }
  }
  return found;
}

/// What is stripped has only the table that the runtime itself needs.
GoFunctions functions_in_table(const ElfFile& file) {
  GoFunctions found;
  const auto table = read_go_table(file);
  for (size_t index = 0; table && index < table->size(); ++index) {
    const GoFunction function = table->function(index);
    found.by_name.emplace(function.name, function.address);
    found.sizes[function.address] = function.size;
  }
  return found;
}

GoFunctions functions_of(const ElfFile& file) {
  GoFunctions found = functions_in_symbols(file.elf());
  return found.by_name.contains(kSleepFunction) ? found : functions_in_table(file);
}

/// What a call is given in rax: where in the lock the word stands that is waited for.
std::optional<int64_t> argument_offset(const ControlFlow& flow, uint32_t call) {
  uint8_t number = kRax;
  for (uint32_t back = 1; back <= std::min(call, kMaxArgumentDistance); ++back) {
    const Instruction& one = flow.instructions()[call - back];
    if ((one.written >> number & 1) == 0) continue;
    const RegisterEffect& effect = one.effect;
    if (effect.source == EffectSource::kAddress && one.operand_count > 0)
      return one.operands[0].displacement;
    if (effect.op == EffectOp::kAdd && effect.source == EffectSource::kImmediate)
      return effect.immediate;
    if (effect.op != EffectOp::kMove || effect.source != EffectSource::kRegister)
      return std::nullopt;
    number = effect.source_register;
  }
  return std::nullopt;
}

GoLockKind kind_of(int64_t word_offset) {
  if (word_offset == kWriterSemaphore) return GoLockKind::kRwmutexWrite;
  return word_offset == kReaderSemaphore ? GoLockKind::kRwmutexRead : GoLockKind::kMutex;
}

class GoPlanner {
 public:
  GoPlanner(const ElfFile& file, const CodeImage& image, GoProbePlan& plan)
      : file_(file), plan_(plan), source_{image, {}} {
    GoFunctions found = functions_of(file);
    names_ = std::move(found.by_name);
    source_.symbol_sizes = std::move(found.sizes);
  }

  bool is_go() const { return locks() != nullptr; }

  void run() {
    version_ = go_version_of(file_);
    if (version_ && *version_ < kFirstWithRegisters) {
      plan_.refused = fmt::format("Go 1.{} passes arguments on the stack; Go 1.17 is the oldest",
                                  version_->minor);
      return;
    }
    plan_.goroutine_id_offset = goroutine_id_offset();
    // A Mutex is waited for in a loop, until lockSlow returns; a RWMutex once, in the runtime.
    add_ends_of(locks(), GoLockKind::kMutex);
    if (const auto sleep = names_.find(kSleepFunction); sleep != names_.end())
      add_ends_of(&sleep->second, GoLockKind::kRwmutexRead);
    add_unlock();
    add_calls();
    const bool has_ends = has(GoStep::kStopsWaiting) && has(GoStep::kReleases);
    if (has_ends && has(GoStep::kWaits)) return;
    plan_.probes.clear();
    plan_.refused = "the code of sync.Mutex is none that quarrel knows";
  }

 private:
  const uint64_t* locks() const { return address_of(kLockFunction); }

  const uint64_t* address_of(std::string_view function) const {
    // The outer package only calls the inner one, where there is one.
    for (auto package = kPackages.rbegin(); package != kPackages.rend(); ++package)
      if (auto found = names_.find(fmt::format("{}{}", *package, function)); found != names_.end())
        return &found->second;
    return nullptr;
  }

  bool has(GoStep step) const {
    return std::any_of(plan_.probes.begin(), plan_.probes.end(),
                       [&](const GoProbe& probe) { return probe.step == step; });
  }

  /// 0 if it is not known: waits are counted all the same.
  uint32_t goroutine_id_offset() const {
    if (const auto offset = goroutine_id_in_dwarf(file_)) return *offset;
    const auto function = names_.find(kCreatedByFunction);
    const auto in_code =
        function == names_.end() ? std::nullopt : goroutine_id_in_code(source_, function->second);
    const auto of_version = version_ ? goroutine_id_of_version(*version_) : std::nullopt;
    return agreed_offset(in_code, of_version).value_or(0);
  }

  void add(uint64_t address, GoProbe probe) {
    for (const LoadSegment& segment : file_.segments()) {
      if (address - segment.virtual_address >= segment.file_size) continue;
      probe.file_offset = address - segment.virtual_address + segment.file_offset;
      plan_.probes.push_back(probe);
      return;
    }
  }

  /// The wait is over where the function returns: from each return back to the nearest instruction
  /// on every way that the kernel emulates.
  void add_ends_of(const uint64_t* function, GoLockKind kind) {
    const auto flow = function ? ControlFlow::read(source_, *function) : std::nullopt;
    if (!flow) return;
    std::set<std::pair<uint64_t, uint8_t>> sites;
    for (uint32_t index = 0; index < flow->instructions().size(); ++index)
      if (flow->instructions()[index].is_return) find_way_to(*flow, index, sites);
    for (const auto& [address, condition] : sites)
      add(address, {.step = GoStep::kStopsWaiting, .kind = kind, .condition = condition});
  }

  static void find_way_to(const ControlFlow& flow, uint32_t end,
                          std::set<std::pair<uint64_t, uint8_t>>& sites) {
    std::set<uint32_t> visited{end};
    std::vector<uint32_t> pending{end};
    while (!pending.empty()) {
      const uint32_t at = pending.back();
      pending.pop_back();
      for (const FlowEdge& edge : flow.edges_to(at)) {
        const Instruction& one = flow.instructions()[edge.from];
        const auto bytes = flow.bytes_of(one);
        // A direct call is emulated as well; what it calls takes no time to speak of.
        if (is_emulated(bytes) || (one.flow == Flow::kCall && one.target != 0))
          sites.emplace(one.address, condition_of(bytes, edge.is_taken));
        else if (visited.insert(edge.from).second)
          pending.push_back(edge.from);
      }
    }
  }

  /// unlockSlow runs whenever others wait. The first branch behind the prologue is passed once each
  /// time, with the lock still in rax and the frame pointer set up.
  void add_unlock() {
    const uint64_t* address = address_of(kUnlockFunction);
    const auto flow = address ? ControlFlow::read(source_, *address) : std::nullopt;
    if (!flow) return;
    bool has_frame = false;
    for (const Instruction& one : flow->instructions()) {
      if (has_frame && is_emulated(flow->bytes_of(one))) {
        add(one.address, {.step = GoStep::kReleases, .kind = GoLockKind::kMutex});
        return;
      }
      if ((one.written >> kRax & 1) != 0 || one.flow == Flow::kCall) return;
      has_frame = has_frame || (one.written >> kRbp & 1) != 0;
    }
  }

  void add_calls() {
    std::map<uint64_t, GoStep> targets;
    for (const std::string_view package : kPackages) {
      for (const std::string_view name : kWaitFunctions)
        if (auto found = names_.find(fmt::format("{}{}", package, name)); found != names_.end())
          targets[found->second] = GoStep::kWaits;
      if (auto found = names_.find(fmt::format("{}{}", package, kWakeFunction));
          found != names_.end())
        targets[found->second] = GoStep::kReleases;
    }
    for (const LoadSegment& segment : file_.segments())
      if (segment.is_executable && segment.file_size <= kMaxCodeBytes) search(segment, targets);
  }

  /// Five bytes look like such a call hardly ever by accident; what is decoded around them tells.
  void search(const LoadSegment& segment, const std::map<uint64_t, GoStep>& targets) {
    const std::vector<uint8_t> code = file_.read(segment.virtual_address, segment.file_size);
    for (size_t at = 0; at + kCallBytes <= code.size(); ++at) {
      if (code[at] != kCall) continue;
      int32_t distance;
      std::memcpy(&distance, &code[at + 1], sizeof(distance));
      const uint64_t address = segment.virtual_address + at;
      const auto target =
          targets.find(address + kCallBytes + static_cast<uint64_t>(int64_t{distance}));
      if (target != targets.end()) add_call(address, target->second);
    }
  }

  void add_call(uint64_t address, GoStep step) {
    const auto above = source_.symbol_sizes.upper_bound(address);
    if (above == source_.symbol_sizes.begin()) return;
    const auto flow = ControlFlow::read(source_, std::prev(above)->first);
    const auto index = flow ? flow->function().index_at(address) : std::nullopt;
    const auto offset = index ? argument_offset(*flow, *index) : std::nullopt;
    if (!offset) return;
    const bool is_mutex = *offset == kMutexSemaphore;
    if (!is_mutex && *offset != kWriterSemaphore && *offset != kReaderSemaphore) return;
    // Of a mutex, unlockSlow tells, also when it wakes nobody.
    if (is_mutex && step == GoStep::kReleases) return;
    add(address,
        {.step = step, .kind = kind_of(*offset), .lock_offset = static_cast<uint8_t>(*offset)});
  }

  const ElfFile& file_;
  GoProbePlan& plan_;
  FunctionSource source_;
  std::map<std::string, uint64_t, std::less<>> names_;
  std::optional<GoVersion> version_;
};

}  // namespace

std::vector<GoProbePlan> plan_go_probes(const Recording& recording, const std::string& sysroot) {
  std::vector<GoProbePlan> plans;
  std::set<ModuleId> modules;
  for (const Mapping& mapping : recording.mappings)
    if (mapping.is_executable && mapping.module.value < recording.modules.size())
      modules.insert(mapping.module);
  for (const ModuleId id : modules) {
    const Module& module = recording.modules[id.value];
    if (!module.path.starts_with('/')) continue;
    GoProbePlan plan{.module = id, .path = sysroot + module.path, .probes = {}, .refused = {}};
    const auto file = ElfFile::open(plan.path);
    if (!file || !may_be_go(**file)) continue;
    if (!module.build_id.empty() && (*file)->build_id() != module.build_id) continue;
    const auto image = CodeImage::open(plan.path, module.build_id);
    if (!image) continue;
    GoPlanner planner(**file, *image, plan);
    if (!planner.is_go()) continue;
    planner.run();
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace quarrel
