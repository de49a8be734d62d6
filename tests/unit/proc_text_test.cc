// Are the files of /proc read right, whatever names the target has chosen?
#include "collect/proc_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quarrel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MapsLine, IsReadWithAPathThatHoldsBlanks) {
  const auto line = parse_maps_line(
      "7f00-7fff r-xp 00001000 08:01 42                         /opt/my app/lib x.so");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->start, 0x7f00u);
  EXPECT_EQ(line->end, 0x7fffu);
  EXPECT_EQ(line->file_offset, 0x1000u);
  EXPECT_EQ(line->inode, 42u);
  EXPECT_TRUE(line->is_executable);
  EXPECT_FALSE(line->is_writable);
  EXPECT_EQ(line->path, "/opt/my app/lib x.so");
}

TEST(MapsLine, LosesTheMarkOfADeletedFile) {
  EXPECT_EQ(parse_maps_line("1000-2000 rw-p 00000000 08:01 42 /a/b (deleted)")->path, "/a/b");
}

TEST(MapsLine, HasNoPathForAnonymousMemory) {
  const auto line = parse_maps_line("1000-2000 rw-p 00000000 00:00 0 ");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->path, "");
  EXPECT_FALSE(line->is_shared);
}

TEST(MapsLine, TellsTheFileOfSharedMemory) {
  const auto line = parse_maps_line("1000-2000 rw-s 00003000 fd:1a 77 /dev/shm/table");
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->is_shared);
  EXPECT_EQ(line->device, uint64_t{0xfd} << 32 | 0x1a);
  EXPECT_EQ(line->inode, 77u);
}

TEST(MapsLine, IsRefusedIfItIsNone) {
  for (const char* text : {"", "hello", "1000-", "1000-2000", "1000-2000 rw",
                           "2000-1000 rw-p 0 0:0 0", "1000-2000 rw-p zz 00:00 0",
                           "1000-2000 rw-p 00000000 00:00", "fffffffffffffffff-1 rw-p 0 0:0 0"})
    EXPECT_FALSE(parse_maps_line(text)) << text;
}

TEST(StatusField, IsFoundByItsWholeName) {
  const char* status = "Name:\tTgid: 7\nTgid:\t12\nNSpid:\t12\t3\n";
  EXPECT_EQ(status_field(status, "Tgid"), "12");
  EXPECT_EQ(status_field(status, "NSpid"), "12\t3");
  EXPECT_EQ(status_field(status, "Tgi"), "");
  EXPECT_EQ(status_field("", "Tgid"), "");
}

TEST(LastNumber, IsTheInnermostOfSeveral) {
  EXPECT_EQ(last_number("12\t3"), 3);
  EXPECT_EQ(last_number(" 12 \n"), 12);
  EXPECT_EQ(last_number("12 x"), std::nullopt);
  EXPECT_EQ(last_number(""), std::nullopt);
}

TEST(CpuList, ListsRangesAndSingles) {
  EXPECT_THAT(*parse_cpu_list("0-2,5\n"), ElementsAre(0u, 1u, 2u, 5u));
  EXPECT_THAT(*parse_cpu_list("\n"), IsEmpty());
}

TEST(CpuList, IsRefusedIfMalformedOrHuge) {
  for (const char* text : {"a", "3-1", "0-", "1;2", "0-4294967295"})
    EXPECT_FALSE(parse_cpu_list(text)) << text;
}

}  // namespace
}  // namespace quarrel
