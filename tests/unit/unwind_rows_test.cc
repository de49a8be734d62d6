// Does a row say of every address what libdw says of it, and of damaged tables nothing that hurts?
#include "resolve/unwind_rows.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <random>

#include "model/capture.h"
#include "resolve/cfi_program.h"
#include "resolve/module_unwind.h"
#include "unit/self_recording.h"

namespace quarrel {
namespace {

using Operations = std::vector<Dwarf_Op>;

std::optional<int64_t> base_offset(const Dwarf_Op& operation, unsigned number) {
  if (operation.atom == DW_OP_breg0 + number) return static_cast<int64_t>(operation.number);
  if (operation.atom == DW_OP_bregx && operation.number == number)
    return static_cast<int64_t>(operation.number2);
  return std::nullopt;
}

/// What libdw's operations for a saved register are in our words.
SavedRule oracle_place(Operations operations) {
  const bool has_cfa = !operations.empty() && operations[0].atom == DW_OP_call_frame_cfa;
  if (has_cfa) operations.erase(operations.begin());
  if (has_cfa && operations.empty()) return {SavedIn::kAtCfa, 0};
  if (operations.size() != 1) return {SavedIn::kUnknown, 0};
  const Dwarf_Op& operation = operations[0];
  if (has_cfa && operation.atom == DW_OP_plus_uconst)
    return {SavedIn::kAtCfa, static_cast<int64_t>(operation.number)};
  if (!has_cfa && operation.atom == DW_OP_regx)
    return {SavedIn::kInRegister, static_cast<int64_t>(operation.number)};
  if (const auto offset = base_offset(operation, kRbp)) return {SavedIn::kAtRbp, *offset};
  if (const auto offset = base_offset(operation, kRsp)) return {SavedIn::kAtRsp, *offset};
  return {SavedIn::kUnknown, 0};
}

/// What libdw says of one address of one file.
class Oracle {
 public:
  Oracle(Dwarf_CFI* cfi, uint64_t address) {
    if (dwarf_cfi_addrframe(cfi, address, &frame_) != 0) frame_ = nullptr;
  }
  ~Oracle() { std::free(frame_); }
  Oracle(const Oracle&) = delete;

  bool has_row() const { return frame_ != nullptr; }

  bool is_signal_frame() const {
    bool is_signal = false;
    dwarf_frame_info(frame_, nullptr, nullptr, &is_signal);
    return is_signal;
  }

  Operations cfa() const {
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_frame_cfa(frame_, &operations, &count) != 0) return {};
    return {operations, operations + count};
  }

  /// False: unchanged or undefined, told apart by `is_undefined`.
  bool saved(int number, Operations& out, bool& is_undefined) const {
    Dwarf_Op scratch[3];
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_frame_register(frame_, number, scratch, &operations, &count) != 0) return false;
    is_undefined = count == 0 && operations != nullptr;
    out.assign(operations, operations + count);
    return count > 0;
  }

  bool is_outermost() const {
    Operations operations;
    bool is_undefined = false;
    return !saved(kRip, operations, is_undefined) && is_undefined;
  }

 private:
  Dwarf_Frame* frame_ = nullptr;
};

bool same_cfa(const UnwindRule& rule, const Operations& cfa) {
  if (rule.cfa_base == CfaBase::kLazyStub)
    return cfa.size() > 5 && base_offset(cfa[0], kRsp) == 8 && base_offset(cfa[1], kRip) == 0 &&
           cfa[4].atom == DW_OP_lit0 + rule.cfa_offset;
  if (cfa.empty() || base_offset(cfa[0], rule.cfa_register) != rule.cfa_offset) return false;
  const bool is_word = cfa.size() > 1 && cfa[1].atom == DW_OP_deref;
  const bool is_more = cfa.size() > 2 && cfa[2].atom == DW_OP_plus_uconst && cfa[2].number == 8;
  if (rule.cfa_base == CfaBase::kMemoryPlus8) return cfa.size() == 3 && is_word && is_more;
  if (rule.cfa_base == CfaBase::kMemory) return cfa.size() == 2 && is_word;
  return cfa.size() == 1;
}

bool same_place(const Oracle& oracle, int number, SavedIn place, int16_t offset) {
  Operations operations;
  bool is_undefined = false;
  if (!oracle.saved(number, operations, is_undefined)) {
    // libdw 0.188 forgets that functions preserve rbx.
    if (is_undefined && number == kRbx) return place == SavedIn::kUnchanged;
    return place == (is_undefined ? SavedIn::kUnknown : SavedIn::kUnchanged);
  }
  const SavedRule wanted = oracle_place(operations);
  return place == wanted.place && offset == wanted.offset;
}

bool same_rule(const UnwindRule& rule, const Oracle& oracle) {
  if (rule.cfa_base == CfaBase::kNoRow) return !oracle.has_row();
  if (!oracle.has_row()) return false;
  if (rule.cfa_base == CfaBase::kOutermost) return oracle.is_outermost();
  return !oracle.is_outermost() && same_cfa(rule, oracle.cfa()) &&
         oracle.is_signal_frame() == (rule.is_signal_frame != 0) &&
         same_place(oracle, kRip, rule.return_address, rule.return_offset) &&
         same_place(oracle, kRbp, rule.rbp, rule.rbp_offset) &&
         same_place(oracle, kRbx, rule.rbx, rule.rbx_offset);
}

struct Comparison {
  uint64_t compared = 0;
  uint64_t inexpressible = 0;
  uint64_t stubs = 0;
  std::vector<uint64_t> different;
};

bool is_stub(const UnwindRule& rule) {
  return rule.cfa_base == CfaBase::kRegister && rule.cfa_register == kRsp && rule.cfa_offset == 8;
}

Comparison compare(const ElfFile& file, const UnwindTable& table, size_t addresses) {
  Comparison result;
  Dwarf_CFI* cfi = dwarf_getcfi_elf(file.elf());
  std::mt19937_64 random(1);
  const uint64_t last = table.base + table.rows.back().offset;
  std::uniform_int_distribution<uint64_t> any(table.base, last + 64);
  for (size_t i = 0; i < addresses; ++i) {
    const uint64_t address = any(random);
    const UnwindRule& rule = rule_at(table, address);
    const Oracle oracle(cfi, address);
    ++result.compared;
    if (rule.cfa_base == CfaBase::kInexpressible)
      ++result.inexpressible;
    else if (is_stub(rule) && !oracle.has_row())
      ++result.stubs;
    else if (!same_rule(rule, oracle))
      result.different.push_back(address);
  }
  dwarf_cfi_end(cfi);
  return result;
}

/// Files of this host that have unwind tables of different makers; those that are missing are left.
std::vector<std::string> present_files() {
  std::vector<std::string> files;
  for (const char* name :
       {"/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "/usr/sbin/mariadbd", "/usr/bin/gdb",
        "/usr/bin/python3", "/proc/self/exe", QUARREL_BINARY_DIR "/tests/resolve/blocked_gcc_O0",
        QUARREL_BINARY_DIR "/tests/resolve/blocked_clang_O2",
        QUARREL_BINARY_DIR "/tests/resolve/blocked_gcc_static"})
    if (std::filesystem::exists(name)) files.emplace_back(name);
  return files;
}

TEST(UnwindRows, SayOfRandomAddressesWhatLibdwSays) {
  constexpr size_t kAddresses = 8'000;
  Comparison sum;
  for (const std::string& path : present_files()) {
    const auto file = ElfFile::open(path);
    ASSERT_TRUE(file.ok()) << path;
    const UnwindTable table = read_unwind_table(**file);
    ASSERT_FALSE(table.rows.empty()) << path;
    const Comparison found = compare(**file, table, kAddresses);
    EXPECT_TRUE(found.different.empty()) << path << ": " << found.different.size() << ", first at "
                                         << std::hex << found.different.front();
    sum.compared += found.compared;
    sum.inexpressible += found.inexpressible;
    sum.stubs += found.stubs;
  }
  EXPECT_GE(sum.compared, 50'000U);
  EXPECT_LT(sum.inexpressible * 1000, sum.compared);
  RecordProperty("compared", std::to_string(sum.compared));
  RecordProperty("inexpressible", std::to_string(sum.inexpressible));
}

constexpr uint64_t kSection = 0x1000;

/// One CIE ("zR": rsp + 8, return address at CFA - 8) at 0, and one FDE for [0x500, 0x520) with
/// `instructions`, then the terminator.
std::vector<uint8_t> eh_frame_with(std::initializer_list<uint8_t> instructions) {
  std::vector<uint8_t> bytes = {20, 0,    0,  0, 0,    0,    0, 0, 1,    'z', 'R', 0,
                                1,  0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1,   0,   0};
  const auto append = [&](uint32_t word) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<uint8_t>(word >> shift));
  };
  append(static_cast<uint32_t>(13 + instructions.size()));
  append(28);
  append(0x500 - static_cast<uint32_t>(kSection + 32));
  append(0x20);
  bytes.push_back(0);
  bytes.insert(bytes.end(), instructions);
  append(0);
  return bytes;
}

TEST(UnwindRows, OfAFunctionThatPushesRbpFollowItsInstructions) {
  const auto bytes = eh_frame_with({0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x50, 0x0c, 7, 8});
  const UnwindTable table = build_unwind_table(bytes, kSection);
  EXPECT_EQ(rule_at(table, 0x4ff).cfa_base, CfaBase::kNoRow);
  EXPECT_EQ(rule_at(table, 0x500).cfa_offset, 8);
  EXPECT_EQ(rule_at(table, 0x500).rbp, SavedIn::kUnchanged);
  EXPECT_EQ(rule_at(table, 0x501).cfa_offset, 16);
  EXPECT_EQ(rule_at(table, 0x501).rbp, SavedIn::kAtCfa);
  EXPECT_EQ(rule_at(table, 0x501).rbp_offset, -16);
  EXPECT_EQ(rule_at(table, 0x504).cfa_register, kRbp);
  EXPECT_EQ(rule_at(table, 0x513).cfa_register, kRbp);
  EXPECT_EQ(rule_at(table, 0x514).cfa_register, kRsp);
  EXPECT_EQ(rule_at(table, 0x51f).return_offset, -8);
  EXPECT_EQ(rule_at(table, 0x520).cfa_base, CfaBase::kNoRow);
}

TEST(UnwindRows, BehindAnInstructionThatIsNotKnownAreInexpressible) {
  const UnwindTable table = build_unwind_table(eh_frame_with({0x41, 0x3f, 0x42}), kSection);
  EXPECT_EQ(rule_at(table, 0x500).cfa_base, CfaBase::kRegister);
  EXPECT_EQ(rule_at(table, 0x501).cfa_base, CfaBase::kInexpressible);
  EXPECT_EQ(table.inexpressible_rows, 1U);
}

TEST(UnwindRows, OfAPlaceWhoseDistanceHasNoNegativeSayNothingOfTheRegister) {
  // DW_CFA_GNU_negative_offset_extended of rbp, by 2^60 times the data factor of -8.
  const auto bytes = eh_frame_with({0x2f, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10});
  const UnwindTable table = build_unwind_table(bytes, kSection);
  EXPECT_EQ(rule_at(table, 0x500).cfa_base, CfaBase::kRegister);
  EXPECT_EQ(rule_at(table, 0x500).rbp, SavedIn::kUnknown);
}

TEST(UnwindRows, OfAFunctionAtTheEndOfMemoryEndWhereItEnds) {
  constexpr uint64_t kUp = 0xffff'ffff'ffff'0000;
  const UnwindTable table = build_unwind_table(eh_frame_with({}), kUp + kSection);
  EXPECT_EQ(rule_at(table, kUp + 0x51f).cfa_base, CfaBase::kRegister);
  EXPECT_EQ(rule_at(table, kUp + 0x520).cfa_base, CfaBase::kNoRow);
}

void expect_sound(const UnwindTable& table) {
  for (size_t i = 0; i < table.rows.size(); ++i) {
    EXPECT_LT(table.rows[i].rule, table.rules.size());
    EXPECT_GE(table.rows[i].offset, i > 0 ? table.rows[i - 1].offset : 0);
  }
}

TEST(UnwindRows, OfEveryDamagedOrTruncatedTableAreSound) {
  const auto whole = eh_frame_with({0x41, 0x0e, 16,   0x86, 2,    0x43, 0x0a, 0x0d, 6, 0x50, 0x0b,
                                    0x0f, 4,    0x77, 8,    0x06, 0x23, 0x10, 6,    2, 0x76, 0});
  for (size_t size = 0; size < whole.size(); ++size)
    expect_sound(build_unwind_table(std::span(whole).first(size), kSection));
  for (size_t place = 0; place < whole.size(); ++place) {
    for (unsigned value = 0; value < 256; ++value) {
      auto bytes = whole;
      bytes[place] = static_cast<uint8_t>(value);
      expect_sound(build_unwind_table(bytes, kSection));
    }
  }
}

TEST(UnwindRows, OfStubsThatOnlyJumpAreThoseOfACallThatJustHappened) {
  const std::vector<uint8_t> code = {0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 1, 2, 3, 4, 0x66, 0x90,
                                     0x66, 0x90, 0x66, 0x90, 0x90, 0x90, 1, 2, 3, 4, 5,    6};
  const auto stubs = find_jump_stubs(code, 0x400);
  ASSERT_EQ(stubs.size(), 1U);
  EXPECT_EQ(stubs[0].range, (CodeRange{0x400, 0x40a}));
  const UnwindTable table = build_unwind_table(eh_frame_with({}), kSection, stubs);
  EXPECT_EQ(rule_at(table, 0x404).cfa_offset, 8);
  EXPECT_EQ(rule_at(table, 0x40a).cfa_base, CfaBase::kNoRow);
  EXPECT_EQ(rule_at(table, 0x500).cfa_base, CfaBase::kRegister);
}

/// The largest library of a development host, 129 MB.
TEST(UnwindRows, OfALargeLibraryAreAMillionWithAThousandRules) {
  const char* path = "/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1";
  const auto file = ElfFile::open(path);
  if (!file.ok()) GTEST_SKIP() << path << " is not installed (apt-get install libllvm19)";
  const auto before = std::chrono::steady_clock::now();
  const UnwindTable table = read_unwind_table(**file);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - before;
  EXPECT_GT(table.rows.size(), 900'000U);
  EXPECT_LT(table.rules.size(), 4'000U);
  EXPECT_LT(table.inexpressible_rows * 1000, table.rows.size());
  RecordProperty("milliseconds", std::to_string(int(seconds.count() * 1000)));
  RecordProperty("rows", std::to_string(table.rows.size()));
  RecordProperty("rules", std::to_string(table.rules.size()));
}

}  // namespace
}  // namespace quarrel
