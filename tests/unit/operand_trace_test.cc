// Are addresses that are computed after the fact those that the instruction really used?
//
// Real code (compiled at -O0 and -O2, and libc) runs step by step under the trap flag. Each step is
// captured as a sample would be. The address an instruction is about to use is certain at its own
// step; what the decoder says of it some steps later must be the same.
#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "resolve/operands.h"
#include "unit/self_recording.h"

namespace quarrel {
namespace {

constexpr size_t kMaxSteps = 20'000;
constexpr size_t kBelow = 128;
constexpr size_t kAbove = 384;
constexpr uint64_t kTrapFlag = 0x100;

struct Step {
  Registers registers;
  std::array<uint8_t, kBelow + kAbove> bytes;
};

std::vector<Step> g_steps;
size_t g_taken = 0;

/// Not memcpy: the sanitizers check its arguments, and much of a stack is poisoned for them.
__attribute__((no_sanitize("address"))) void copy_stack(uint64_t from, Step& step) {
  const auto* bytes = reinterpret_cast<const volatile uint8_t*>(from);
  for (size_t i = 0; i < step.bytes.size(); ++i) step.bytes[i] = bytes[i];
}

void on_trap(int, siginfo_t*, void* context) {
  // Order of DwarfRegister.
  static constexpr int kNames[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                   REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  if (g_taken == g_steps.size()) {
    machine.gregs[REG_EFL] &= ~static_cast<greg_t>(kTrapFlag);
    return;
  }
  Step& step = g_steps[g_taken++];
  for (size_t i = 0; i < kRegisterCount; ++i)
    step.registers[i] = static_cast<uint64_t>(machine.gregs[kNames[i]]);
  copy_stack(step.registers[kRsp] - kBelow, step);
}

#ifdef __clang__
#define UNOPTIMISED __attribute__((noinline, optnone))
#define OPTIMISED __attribute__((noinline))
#else
#define UNOPTIMISED __attribute__((noinline, optimize("O0")))
#define OPTIMISED __attribute__((noinline, optimize("O2")))
#endif

// Not inlined: they push, which would overwrite the red zone of a leaf function.
__attribute__((noinline)) void set_trap_flag() {
  asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
}
__attribute__((noinline)) void clear_trap_flag() {
  asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}

struct Node {
  Node* next = nullptr;
  int64_t values[4] = {};
};

#define WORK                                                                      \
  for (int round = 0; round < 6; ++round) {                                       \
    Node* fresh = static_cast<Node*>(std::calloc(1, sizeof(Node)));               \
    fresh->next = list;                                                           \
    list = fresh;                                                                 \
    for (Node* node = list; node != nullptr; node = node->next) {                 \
      for (int i = 0; i < 4; ++i) node->values[i] += table[(round + i) & 15] + i; \
      __atomic_fetch_add(&table[round & 15], node->values[1], __ATOMIC_SEQ_CST);  \
    }                                                                             \
  }                                                                               \
  return list

UNOPTIMISED Node* work_unoptimised(int64_t* table, Node* list) {
  WORK;
}
OPTIMISED Node* work_optimised(int64_t* table, Node* list) {
  WORK;
}

void work_in_libc(int64_t* table) {
  std::qsort(table, 16, sizeof(*table), [](const void* a, const void* b) {
    return *static_cast<const int64_t*>(a) < *static_cast<const int64_t*>(b) ? -1 : 1;
  });
  char text[64];
  std::snprintf(text, sizeof(text), "%ld %s %#lx", table[3], "steps", table[4]);
  table[0] += static_cast<int64_t>(std::strlen(text)) + std::strtol(text, nullptr, 10);
}

void work_in_cxx_library(int64_t* table) {
  std::map<std::string, int64_t> index;
  for (int i = 0; i < 4; ++i) index["key " + std::to_string(table[i])] += table[i];
  std::sort(table, table + 16);
  std::ostringstream text;
  text << index.begin()->first << ' ' << 1.5 << ' ' << table[7];
  table[0] += static_cast<int64_t>(text.str().size());
}

std::vector<Capture> captured_steps() {
  std::vector<Capture> captures;
  for (size_t i = 0; i < g_taken; ++i) {
    const Step& step = g_steps[i];
    captures.push_back({.registers = step.registers,
                        .stack_start = step.registers[kRsp] - kBelow,
                        .bytes = {step.bytes.begin(), step.bytes.end()}});
  }
  return captures;
}

void free_list(Node* list) {
  while (list != nullptr) std::free(std::exchange(list, list->next));
}

/// Runs `work` under the trap flag.
template <class Work>
std::vector<Capture> trace(Work work) {
  g_steps.assign(kMaxSteps, {});
  g_taken = 0;
  struct sigaction action = {}, before = {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, &before);
  set_trap_flag();
  work();
  clear_trap_flag();
  sigaction(SIGTRAP, &before, nullptr);
  return captured_steps();
}

/// What became of the operands that were executed within the window before each step.
struct Tally {
  size_t right = 0;
  size_t wrong = 0;
  size_t other_path = 0;  ///< wrong beyond a branch: reached in as many steps, but another way
  size_t impossible = 0;  ///< claimed to be certain, but was not executed at that distance
  size_t unknown = 0;     ///< executed one step before; its address is not known any more
};

using StepAccesses = std::vector<std::vector<MemoryAccess>>;

/// The access that `instruction` of the same kind was about to make at `step`.
const MemoryAccess* truth_at(const StepAccesses& steps, size_t step, const MemoryAccess& claim) {
  for (const MemoryAccess& access : steps[step])
    if (access.distance == 0 && access.instruction == claim.instruction &&
        access.kind == claim.kind)
      return &access;
  return nullptr;
}

void check_claim(const StepAccesses& steps, size_t step, const MemoryAccess& claim, Tally& tally) {
  const MemoryAccess* truth =
      step >= claim.distance ? truth_at(steps, step - claim.distance, claim) : nullptr;
  if (truth == nullptr) {
    if (!claim.crosses_block && step >= claim.distance) ++tally.impossible;
    return;
  }
  const bool is_right = truth->address == claim.address && truth->size == claim.size;
  ++(is_right ? tally.right : claim.crosses_block ? tally.other_path : tally.wrong);
}

bool knows(const std::vector<MemoryAccess>& accesses, uint64_t instruction) {
  return std::any_of(accesses.begin(), accesses.end(),
                     [&](const MemoryAccess& access) { return access.instruction == instruction; });
}

Tally check(const std::vector<Capture>& captures) {
  const Recording recording = self_recording();
  OperandDecoder decoder(recording, "");
  StepAccesses steps;
  for (const Capture& capture : captures) steps.push_back(decoder.decode(capture));
  Tally tally;
  for (size_t i = 1; i < steps.size(); ++i) {
    for (const MemoryAccess& access : steps[i])
      if (access.distance > 0) check_claim(steps, i, access, tally);
    for (const MemoryAccess& access : steps[i - 1])
      if (access.distance == 0 && !knows(steps[i], access.instruction)) ++tally.unknown;
  }
  return tally;
}

void expect_truth(const std::vector<Capture>& captures, size_t least_right) {
  const Tally tally = check(captures);
  EXPECT_EQ(tally.wrong, 0u);
  EXPECT_LE(tally.other_path * 1000, tally.right);
  EXPECT_EQ(tally.impossible, 0u);
  EXPECT_GT(tally.right, least_right);
  // Loads over their own base, calls and returns through memory.
  EXPECT_LT(tally.unknown * 4, captures.size());
  testing::Test::RecordProperty("steps", std::to_string(captures.size()));
  testing::Test::RecordProperty("right", std::to_string(tally.right));
  testing::Test::RecordProperty("unknown", std::to_string(tally.unknown));
}

TEST(OperandTrace, UnoptimisedCodeIsDecodedAsItRan) {
  int64_t table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
  Node* list = nullptr;
  expect_truth(trace([&] { list = work_unoptimised(table, list); }), 1000);
  EXPECT_NE(list, nullptr);
  free_list(list);
}

TEST(OperandTrace, OptimisedCodeIsDecodedAsItRan) {
  int64_t table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
  Node* list = nullptr;
  expect_truth(trace([&] { list = work_optimised(table, list); }), 500);
  EXPECT_NE(list, nullptr);
  free_list(list);
}

TEST(OperandTrace, TheCLibraryIsDecodedAsItRan) {
  int64_t table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
  expect_truth(trace([&] { work_in_libc(table); }), 500);
}

TEST(OperandTrace, TheCxxLibraryIsDecodedAsItRan) {
  int64_t table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
  expect_truth(trace([&] { work_in_cxx_library(table); }), 500);
}

}  // namespace
}  // namespace quarrel
