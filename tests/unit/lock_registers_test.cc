// Is it followed where a function keeps the lock, whatever it does to its stack pointer?
#include "resolve/lock_registers.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

using Code = std::vector<uint8_t>;

constexpr uint64_t kCodeOffset = 4096;

/// A program of one function, which stands at file offset and address 4096.
std::string program_of(const Code& code) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  const Elf64_Phdr segment{.p_type = PT_LOAD,
                           .p_flags = PF_R | PF_X,
                           .p_offset = kCodeOffset,
                           .p_vaddr = kCodeOffset,
                           .p_paddr = 0,
                           .p_filesz = code.size(),
                           .p_memsz = code.size(),
                           .p_align = 4096};
  std::string file(kCodeOffset, '\0');
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, &segment, sizeof segment);
  return file.append(code.begin(), code.end());
}

/// What is known before the last instruction.
LockPlaces places_at_end_of(const Code& code) {
  const TemporaryFolder folder;
  put_bytes(folder.file("program"), program_of(code));
  const auto image = CodeImage::open(folder.file("program"), "");
  EXPECT_NE(image, nullptr);
  const auto flow = ControlFlow::read({*image, {{kCodeOffset, code.size()}}}, kCodeOffset);
  EXPECT_TRUE(flow);
  return find_lock_places(*flow).back().value_or(LockPlaces{});
}

TEST(LockRegisters, AreNotAskedForWhereTheFileHasNoCodeOfTheFunction) {
  const TemporaryFolder folder;
  put_bytes(folder.file("program"), program_of({0xc3}));
  const auto image = CodeImage::open(folder.file("program"), "");
  ASSERT_NE(image, nullptr);
  EXPECT_TRUE(ControlFlow::read({*image, {{kCodeOffset, 16}}}, kCodeOffset));
  EXPECT_FALSE(ControlFlow::read({*image, {{2 * kCodeOffset, 16}}}, 2 * kCodeOffset));
}

// push %rdi; sub $16,%rsp; mov 16(%rsp),%rax; ret
TEST(LockRegisters, FollowTheLockThroughTheStack) {
  const LockPlaces places =
      places_at_end_of({0x57, 0x48, 0x83, 0xec, 0x10, 0x48, 0x8b, 0x44, 0x24, 0x10, 0xc3});
  EXPECT_EQ(places.stack_pointer, -24);
  EXPECT_NE(places.registers & 1u << kRax, 0u);
}

// sub $0x7fffffff,%rsp; sub $0x7fffffff,%rsp; mov %rdi,-0x7fffffff(%rsp); ret
TEST(LockRegisters, FollowAStackPointerThatMovesByMoreThanAnyStackHas) {
  const LockPlaces places =
      places_at_end_of({0x48, 0x81, 0xec, 0xff, 0xff, 0xff, 0x7f, 0x48, 0x81, 0xec, 0xff, 0xff,
                        0xff, 0x7f, 0x48, 0x89, 0xbc, 0x24, 0x01, 0x00, 0x00, 0x80, 0xc3});
  EXPECT_EQ(places.stack_pointer, -2 * int64_t{0x7fffffff});
  EXPECT_EQ(places.slots, std::vector<int64_t>{-3 * int64_t{0x7fffffff}});
}

}  // namespace
}  // namespace quarrel
