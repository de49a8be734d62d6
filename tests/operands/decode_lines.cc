// What does our decoder say of instructions given as hexadecimal bytes, one a line?
//
// decode_lines x86-64|aarch64
//
// Prints of each its memory accesses, "8rw" for 8 bytes read and written, or "?" if undecodable.
// Accesses that only compute an address or touch the own stack are not printed. Those of aarch64,
// whose disassembly is regular, come with their address: "4w[2+16]" for 16 bytes behind x2.
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "resolve/instruction.h"

namespace quarrel {
namespace {

std::vector<uint8_t> parse(const std::string& line) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < line.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(line.substr(i, 2), nullptr, 16)));
  return bytes;
}

const char* name_of(AccessKind kind) {
  switch (kind) {
    case AccessKind::kRead:
      return "r";
    case AccessKind::kWrite:
      return "w";
    case AccessKind::kReadWrite:
      return "rw";
  }
  return "";
}

void print_address(const MemoryOperand& operand) {
  if (operand.base == kImageBase)
    std::printf("[pc");
  else
    std::printf("[%d", operand.base);
  if (operand.index != kNoRegister)
    std::printf("+%d*%d%c%d", operand.index, operand.scale, operand.is_index_signed ? 's' : 'u',
                operand.index_width);
  std::printf("%+lld] ", static_cast<long long>(operand.displacement));
}

void print(InstructionSet set, const Instruction& instruction) {
  for (const MemoryOperand& operand : instruction.memory()) {
    if (operand.is_address_only) continue;
    std::printf("%u%s%s", operand.size, name_of(operand.kind), operand.is_locked ? "!" : "");
    if (set == InstructionSet::kArm64)
      print_address(operand);
    else
      std::printf(" ");
  }
  std::printf("\n");
}

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  using quarrel::InstructionSet;
  const bool is_arm64 = argc > 1 && std::string_view(argv[1]) == "aarch64";
  const InstructionSet set = is_arm64 ? InstructionSet::kArm64 : InstructionSet::kX86_64;
  for (std::string line; std::getline(std::cin, line);) {
    const auto bytes = quarrel::parse(line);
    const auto instruction = quarrel::decode_instruction(set, bytes, 0);
    if (instruction && instruction->length == bytes.size())
      quarrel::print(set, *instruction);
    else
      std::printf("?\n");
  }
}
