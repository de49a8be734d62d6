// Where in runtime.g does a goroutine have its number?
#include "resolve/goroutine_id.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <set>
#include <string_view>

#include "resolve/debug_info.h"
#include "resolve/dwarf_tree.h"

namespace quarrel {
namespace {

// The structure has 400 to 500 bytes; its first ones are the bounds of the stack.
constexpr int64_t kMinOffset = 16;
constexpr int64_t kMaxOffset = 1024;
constexpr uint16_t kNumberBytes = 8;

// cmp $imm8,(mem) is 83 /7 with a REX prefix for 64 bits (Intel SDM volume 2, CMP).
constexpr uint8_t kCompareOpcode = 0x83;
constexpr uint8_t kCompareExtension = 7;
constexpr uint8_t kFirstGoroutine = 1;

std::optional<uint32_t> goid_of(Dwarf_Die& record) {
  std::optional<uint32_t> found;
  for_each_child(record, [&](Dwarf_Die& member) {
    const char* field = dwarf_diename(&member);
    Dwarf_Attribute place;
    Dwarf_Word offset = 0;
    if (field != nullptr && std::string_view(field) == "goid" &&
        dwarf_attr(&member, DW_AT_data_member_location, &place) != nullptr &&
        dwarf_formudata(&place, &offset) == 0)
      found = static_cast<uint32_t>(offset);
    return !found;
  });
  return found;
}

std::optional<uint32_t> goid_in_package(Dwarf_Die& package) {
  std::optional<uint32_t> found;
  for_each_child(package, [&](Dwarf_Die& entry) {
    const char* name = dwarf_diename(&entry);
    if (dwarf_tag(&entry) == DW_TAG_structure_type && name != nullptr &&
        std::string_view(name) == "runtime.g")
      found = goid_of(entry);
    return !found;
  });
  return found;
}

bool compares_with_first(std::span<const uint8_t> bytes) {
  return bytes.size() >= 4 && bytes[1] == kCompareOpcode &&
         (bytes[2] >> 3 & 7) == kCompareExtension && bytes.back() == kFirstGoroutine;
}

}  // namespace

std::optional<uint32_t> goroutine_id_in_dwarf(const ElfFile& file) {
  const std::unique_ptr<Dwarf, DwarfEnd> dwarf(dwarf_begin_elf(file.elf(), DWARF_C_READ, nullptr));
  if (!dwarf) return std::nullopt;
  Dwarf_CU* unit = nullptr;
  Dwarf_Die root;
  while (dwarf_get_units(dwarf.get(), unit, &unit, nullptr, nullptr, &root, nullptr) == 0) {
    const char* package = dwarf_diename(&root);
    if (package == nullptr || std::string_view(package) != "runtime") continue;
    if (const auto offset = goid_in_package(root)) return offset;
  }
  return std::nullopt;
}

std::optional<uint32_t> goroutine_id_in_code(const FunctionSource& source,
                                             uint64_t printcreatedby) {
  const auto flow = ControlFlow::read(source, printcreatedby);
  if (!flow) return std::nullopt;
  std::set<int64_t> offsets;
  for (const Instruction& one : flow->instructions()) {
    if (one.operand_count != 1 || !compares_with_first(flow->bytes_of(one))) continue;
    const MemoryOperand& operand = one.operands[0];
    const bool is_field = operand.size == kNumberBytes && operand.index == kNoRegister &&
                          operand.base < kGeneralRegisters && operand.base != kRsp;
    if (is_field) offsets.insert(operand.displacement);
  }
  if (offsets.size() != 1) return std::nullopt;
  const int64_t offset = *offsets.begin();
  const bool is_possible =
      offset >= kMinOffset && offset <= kMaxOffset && offset % kNumberBytes == 0;
  return is_possible ? std::optional(static_cast<uint32_t>(offset)) : std::nullopt;
}

std::optional<uint32_t> goroutine_id_of_version(const GoVersion& version) {
  // Go 1.23 put syscallbp before it.
  if (version >= GoVersion{1, 17} && version <= GoVersion{1, 22}) return 152;
  if (version == GoVersion{1, 23} || version == GoVersion{1, 24}) return 160;
  return std::nullopt;
}

std::optional<uint32_t> agreed_offset(std::optional<uint32_t> a, std::optional<uint32_t> b) {
  if (a && b && *a != *b) return std::nullopt;
  return a ? a : b;
}

}  // namespace quarrel
