// Which function of another module does a call instruction of a file name?
#include "resolve/imported_functions.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "resolve/byte_cursor.h"

namespace quarrel {
namespace {

constexpr uint64_t kMaxDynamicBytes = 64u << 10;
constexpr uint64_t kMaxRelocationBytes = 64u << 20;
constexpr uint64_t kMaxNameBytes = 4096;

// Both kinds of call are this long, and end with their operand: E8 rel32 and FF 15 rel32.
constexpr uint64_t kDirectCallBytes = 5;
constexpr uint64_t kIndirectCallBytes = 6;
constexpr uint64_t kStubBytes = 16;

uint64_t relative(std::span<const uint8_t> operand, uint64_t next_instruction) {
  int32_t distance = 0;
  std::memcpy(&distance, operand.data(), sizeof distance);
  return next_instruction + static_cast<uint64_t>(int64_t{distance});
}

/// Addresses and sizes of the dynamic section's tables of relocations.
struct Tables {
  uint64_t relocations = 0;
  uint64_t relocations_size = 0;
  uint64_t calls = 0;
  uint64_t calls_size = 0;
};

}  // namespace

ImportedFunctions::ImportedFunctions(const CodeImage& image) : image_(image) {
  const CodeRange range = image.dynamic_section();
  const auto bytes = image.read(range.start, std::min(range.end - range.start, kMaxDynamicBytes));
  Tables tables;
  for (ByteCursor cursor(bytes); cursor.left() >= sizeof(Elf64_Dyn);) {
    const auto tag = cursor.read<int64_t>();
    const auto value = cursor.read<uint64_t>();
    if (tag == DT_NULL) break;
    if (tag == DT_SYMTAB) symbols_ = value;
    if (tag == DT_STRTAB) names_ = value;
    if (tag == DT_STRSZ) names_size_ = value;
    if (tag == DT_RELA) tables.relocations = value;
    if (tag == DT_RELASZ) tables.relocations_size = value;
    if (tag == DT_JMPREL) tables.calls = value;
    if (tag == DT_PLTRELSZ) tables.calls_size = value;
  }
  if (symbols_ == 0 || names_ == 0) return;
  add_relocations(tables.calls, tables.calls_size);
  add_relocations(tables.relocations, tables.relocations_size);
}

void ImportedFunctions::add_relocations(uint64_t start, uint64_t size) {
  if (start == 0) return;
  const auto bytes = image_.read(start, std::min(size, kMaxRelocationBytes));
  for (ByteCursor cursor(bytes); cursor.left() >= sizeof(Elf64_Rela);) {
    const auto slot = cursor.read<uint64_t>();
    const auto info = cursor.read<uint64_t>();
    cursor.skip(sizeof(int64_t));
    const uint32_t type = ELF64_R_TYPE(info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
    symbol_of_slot_.emplace(slot, static_cast<uint32_t>(ELF64_R_SYM(info)));
  }
}

std::string ImportedFunctions::symbol_in(uint64_t slot) const {
  const auto symbol = symbol_of_slot_.find(slot);
  if (symbol == symbol_of_slot_.end()) return {};
  const auto entry =
      image_.read(symbols_ + uint64_t{symbol->second} * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
  if (entry.size() != sizeof(Elf64_Sym)) return {};
  uint32_t name = 0;
  std::memcpy(&name, entry.data(), sizeof name);
  if (name >= names_size_) return {};
  const auto text = image_.read(names_ + name, std::min(kMaxNameBytes, names_size_ - name));
  return {text.begin(), std::find(text.begin(), text.end(), uint8_t{0})};
}

// [endbr64] [bnd] jmp *slot(%rip): as GNU ld and lld write stubs. 0 if it is no stub.
uint64_t ImportedFunctions::slot_of_stub(uint64_t stub) const {
  const auto bytes = image_.read(stub, kStubBytes);
  std::span<const uint8_t> code(bytes);
  constexpr uint8_t kEndBranch[] = {0xf3, 0x0f, 0x1e, 0xfa};
  if (code.size() > sizeof kEndBranch &&
      std::equal(std::begin(kEndBranch), std::end(kEndBranch), code.begin()))
    code = code.subspan(sizeof kEndBranch);
  if (!code.empty() && code[0] == 0xf2) code = code.subspan(1);
  if (code.size() < kIndirectCallBytes || code[0] != 0xff || code[1] != 0x25) return 0;
  const uint64_t at = stub + (bytes.size() - code.size());
  return relative(code.subspan(2), at + kIndirectCallBytes);
}

std::string ImportedFunctions::called_before(uint64_t return_address) const {
  const auto bytes = image_.read(return_address - kIndirectCallBytes, kIndirectCallBytes);
  if (bytes.size() != kIndirectCallBytes) return {};
  const std::span<const uint8_t> operand = std::span(bytes).last(sizeof(int32_t));
  const uint64_t target = relative(operand, return_address);
  if (bytes[0] == 0xff && bytes[1] == 0x15) return symbol_in(target);
  if (bytes[kIndirectCallBytes - kDirectCallBytes] != 0xe8) return {};
  const uint64_t slot = slot_of_stub(target);
  return slot == 0 ? std::string() : symbol_in(slot);
}

}  // namespace quarrel
