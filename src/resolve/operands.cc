// Which memory did a sampled thread touch at, or just before, the sampled instruction?
#include "resolve/operands.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "model/mapping_at.h"
#include "resolve/code_image.h"
#include "resolve/decoded_function.h"
#include "resolve/operand_walk.h"

namespace quarrel {
namespace {

/// Of a longer "function" (a whole hand-written file under one FDE) only the sample is decoded.
constexpr uint64_t kMaxFunctionBytes = 256u << 10;
constexpr uint64_t kMaxInstructionBytes = 15;
/// About 120 bytes each: bounds the cache at some 60 MB.
constexpr size_t kMaxCachedInstructions = 512u << 10;

/// An open module and those of its functions that samples hit.
struct ModuleCode {
  std::unique_ptr<CodeImage> image;  // null: cannot be used
  std::unordered_map<uint64_t, DecodedFunction> functions;
};

/// An instruction address as the image sees it.
struct ImagePlace {
  ModuleCode* code = nullptr;
  uint64_t address = 0;
  uint64_t bias = 0;
};

}  // namespace

struct OperandDecoder::State {
  const Recording& recording;
  std::string sysroot;
  std::unordered_map<ModuleId, ModuleCode> modules;
  size_t cached_instructions = 0;

  ModuleCode& module_code(ModuleId id) {
    const auto [entry, is_new] = modules.try_emplace(id);
    if (is_new && id.value < recording.modules.size()) {
      const Module& module = recording.modules[id.value];
      // Anonymous and kernel-provided code ("[vdso]") has no file.
      if (module.path.starts_with('/'))
        entry->second.image = CodeImage::open(sysroot + module.path, module.build_id);
    }
    return entry->second;
  }

  std::optional<ImagePlace> place_of(uint64_t ip) {
    const Mapping* mapping = executable_mapping_at(recording.mappings, ip);
    if (mapping == nullptr) return std::nullopt;
    ModuleCode& code = module_code(mapping->module);
    if (code.image == nullptr) return std::nullopt;
    const auto address = code.image->virtual_address(mapping->file_offset + (ip - mapping->start));
    if (!address) return std::nullopt;
    return ImagePlace{&code, *address, ip - *address};
  }

  /// The function around the place. Code of which neither an FDE nor Go's table knows has no known
  /// beginning: then only the sampled instruction itself is decoded.
  CodeRange range_around(const ImagePlace& place) const {
    const auto function = place.code->image->function_at(place.address);
    if (function && function->end - function->start <= kMaxFunctionBytes) return *function;
    return only(place);
  }

  static CodeRange only(const ImagePlace& place) {
    return {place.address, place.address + kMaxInstructionBytes};
  }

  const DecodedFunction& function_of(const ImagePlace& place, const CodeRange& range) {
    auto& functions = place.code->functions;
    if (const auto known = functions.find(range.start); known != functions.end())
      return known->second;
    if (cached_instructions > kMaxCachedInstructions) forget_functions();
    const CodeImage& image = *place.code->image;
    const auto bytes = image.read(range.start, range.end - range.start);
    const auto added =
        functions.try_emplace(range.start, image.instruction_set(), bytes, range.start).first;
    cached_instructions += added->second.instructions().size();
    return added->second;
  }

  void forget_functions() {
    for (auto& [id, code] : modules) code.functions.clear();
    cached_instructions = 0;
  }
};

OperandDecoder::OperandDecoder(const Recording& recording, std::string sysroot)
    : state_(new State{.recording = recording, .sysroot = std::move(sysroot)}) {}

OperandDecoder::~OperandDecoder() = default;

std::vector<MemoryAccess> OperandDecoder::decode(const Capture& capture) {
  const auto place = state_->place_of(capture.registers[kRip]);
  if (!place) return {};
  const DecodedFunction& function = state_->function_of(*place, state_->range_around(*place));
  const StackOwner owner =
      place->code->image->is_go() ? StackOwner::kGoroutine : StackOwner::kThread;
  if (const auto sampled = function.index_at(place->address))
    return walk_operands(function, *sampled, sampled_state(capture), capture, place->bias, owner);
  // Data between instructions has misled the decoder, or a jump went past a prefix.
  const DecodedFunction& lone = state_->function_of(*place, State::only(*place));
  if (lone.index_at(place->address) != 0) return {};
  return walk_operands(lone, 0, sampled_state(capture), capture, place->bias, owner);
}

std::optional<PollingLoop> OperandDecoder::spin_loop(uint64_t ip) {
  const auto place = state_->place_of(ip);
  if (!place) return std::nullopt;
  const DecodedFunction& function = state_->function_of(*place, state_->range_around(*place));
  if (function.instruction_set() != InstructionSet::kX86_64) return std::nullopt;
  const auto index = function.index_at(place->address);
  auto loop = index ? spin_loop_at(function, *index) : std::nullopt;
  if (!loop) return std::nullopt;
  loop->start += place->bias;
  loop->polled += place->bias;
  loop->behind_polled += place->bias;
  return loop;
}

std::optional<MemoryAccess> OperandDecoder::access_before(uint64_t ip) {
  const auto place = ip > 0 ? state_->place_of(ip - 1) : std::nullopt;
  if (!place) return std::nullopt;
  const auto& instructions =
      state_->function_of(*place, state_->range_around(*place)).instructions();
  const auto found = std::find_if(instructions.begin(), instructions.end(), [&](const auto& one) {
    return one.address + one.length == place->address + 1;
  });
  if (found == instructions.end()) return std::nullopt;
  std::optional<MemoryAccess> access;
  for (const MemoryOperand& operand : found->memory()) {
    if (operand.is_address_only) continue;
    if (access && access->kind != operand.kind) return std::nullopt;
    access = {.instruction = found->address + place->bias,
              .size = operand.size,
              .kind = operand.kind,
              .is_locked = operand.is_locked};
  }
  return access;
}

void OperandDecoder::mappings_changed() {
  // Files that could not be opened may be there now; decoded code stays valid.
  std::erase_if(state_->modules, [](const auto& entry) { return entry.second.image == nullptr; });
}

}  // namespace quarrel
