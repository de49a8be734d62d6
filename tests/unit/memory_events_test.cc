// Which events are taken for memory samples, and what is said to be missing where there are none?
#include "collect/memory_events.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "collect/memory_ring.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

namespace fs = std::filesystem;

/// A copy of /sys/bus/event_source/devices in a folder of its own.
class FakeDevices {
 public:
  std::string path() const { return folder_.file("devices"); }

  void write(const std::string& name, const std::string& text) const {
    const fs::path file = path() + "/" + name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }

  void add_intel(const std::string& device, int type) const {
    write(device + "/type", std::to_string(type));
    write(device + "/format/event", "config:0-7");
    write(device + "/format/umask", "config:8-15");
    write(device + "/format/ldlat", "config1:0-15");
    write(device + "/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3");
    write(device + "/events/mem-stores", "event=0xd0,umask=0x82");
  }

 private:
  TemporaryFolder folder_;
};

std::vector<std::string> names_of(const std::vector<MemoryEventSpec>& events) {
  std::vector<std::string> names;
  for (const MemoryEventSpec& event : events) names.push_back(event.name);
  return names;
}

TEST(MemoryEvents, OfIntelAreLoadsOverThirtyCyclesAndStores) {
  const FakeDevices devices;
  devices.add_intel("cpu", 4);
  const auto events = memory_events_below(devices.path());
  ASSERT_EQ(names_of(events), (std::vector<std::string>{"cpu/mem-loads/", "cpu/mem-stores/"}));
  EXPECT_EQ(events[0].config, 0x1cdu);
  EXPECT_EQ(events[0].config1, 30u);
  EXPECT_EQ(events[1].config, 0x82d0u);
  EXPECT_EQ(events[0].kind, MemoryEvent::kLoads);
  EXPECT_EQ(events[1].kind, MemoryEvent::kStores);
  EXPECT_FALSE(events[0].needs_leader);
}

TEST(MemoryEvents, LoadsOfNewerCoresStandBehindTheirAuxiliaryLeader) {
  const FakeDevices devices;
  devices.add_intel("cpu", 4);
  devices.write("cpu/events/mem-loads-aux", "event=0x03,umask=0x82");
  const auto events = memory_events_below(devices.path());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_TRUE(events[0].is_leader_only);
  EXPECT_EQ(events[0].config, 0x8203u);
  EXPECT_TRUE(events[1].needs_leader);
  EXPECT_FALSE(events[2].needs_leader);
}

TEST(MemoryEvents, OfAHybridAreThoseOfBothKindsOfCores) {
  const FakeDevices devices;
  devices.add_intel("cpu_core", 4);
  devices.write("cpu_core/events/mem-loads-aux", "event=0x03,umask=0x82");
  devices.add_intel("cpu_atom", 10);
  const auto events = memory_events_below(devices.path());
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[3].name, "cpu_atom/mem-loads/");
  EXPECT_EQ(events[3].type, 10u);
  EXPECT_FALSE(events[3].needs_leader);
}

TEST(MemoryEvents, OfAmdIsInstructionBasedSampling) {
  const FakeDevices devices;
  devices.write("cpu/type", "4");
  devices.write("ibs_op/type", "11");
  const auto events = memory_events_below(devices.path());
  ASSERT_EQ(names_of(events), std::vector<std::string>{"ibs_op//"});
  EXPECT_EQ(events[0].type, 11u);
  EXPECT_FALSE(events[0].can_exclude_kernel);
}

TEST(MemoryEvents, OfHostsWithoutSuchHardwareAreNone) {
  const FakeDevices devices;
  EXPECT_TRUE(memory_events_below(devices.path()).empty());
  devices.write("software/type", "1");
  devices.write("cpu/type", "4");
  EXPECT_TRUE(memory_events_below(devices.path()).empty());
}

TEST(MemoryEvents, ThatCannotBeReadAreLeftOut) {
  const FakeDevices devices;
  devices.add_intel("cpu", 4);
  devices.write("cpu/events/mem-loads", "event=zero");
  devices.write("cpu/format/umask", "config");
  EXPECT_TRUE(memory_events_below(devices.path()).empty());
}

std::string missing(const PmuFacts& facts) {
  const auto part = missing_for_memory_samples(facts);
  return part ? part->reason : "";
}

TEST(MissingForMemorySamples, NamesTheMostFundamentalPart) {
  EXPECT_NE(missing({.is_virtual = true}).find("virtual machine"), std::string::npos);
  EXPECT_NE(missing({}).find("no PMU"), std::string::npos);
  EXPECT_NE(missing({.has_core_pmu = true}).find("no event"), std::string::npos);
  EXPECT_NE(missing({.has_core_pmu = true, .has_arm_spe = true}).find("Arm SPE"),
            std::string::npos);
  const PmuFacts denied{.has_core_pmu = true, .has_events = true, .paranoid_level = "2"};
  EXPECT_NE(missing(denied).find("perf_event_paranoid is 2"), std::string::npos);
  EXPECT_EQ(missing({.has_core_pmu = true, .has_events = true, .may_sample_others = true}), "");
}

TEST(RingRecord, OfASampleHasItsFields) {
  const uint64_t words[] = {0x401000, uint64_t{102} << 32 | 100, 77, 0x7f0000001040, 3, 5, 211,
                            0x1234};
  std::vector<uint8_t> body(sizeof(words));
  std::memcpy(body.data(), words, sizeof(words));
  const RingRecord record = parse_ring_record({9, 2, body}, MemoryEvent::kLoads);
  ASSERT_TRUE(record.sample.has_value());
  EXPECT_EQ(record.sample->pid, 100);
  EXPECT_EQ(record.sample->tid, 102);
  EXPECT_EQ(record.sample->sample.address, 0x7f0000001040u);
  EXPECT_EQ(record.sample->sample.latency_cycles, 211u);
  EXPECT_EQ(record.sample->sample.data_source, 0x1234u);
  EXPECT_EQ(record.sample->sample.cpu, 3u);
  EXPECT_FALSE(record.sample->sample.is_kernel);
  body.resize(40);
  EXPECT_FALSE(parse_ring_record({9, 2, body}, MemoryEvent::kLoads).sample.has_value());
}

TEST(RingRecord, CountsWhatTheKernelLost) {
  const uint64_t words[] = {1, 23};
  std::vector<uint8_t> body(sizeof(words));
  std::memcpy(body.data(), words, sizeof(words));
  EXPECT_EQ(parse_ring_record({2, 0, body}, MemoryEvent::kLoads).lost, 23u);
}

/// The CPU clock samples no memory, but fills the same records.
TEST(MemoryRing, HandsOverTheSamplesOfAnEvent) {
  const MemoryEventSpec clock{
      .name = "cpu-clock", .type = 1, .kind = MemoryEvent::kInstructions, .precise = 0};
  // The event is of one CPU, so that the work has to be done there.
  cpu_set_t before, here;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  const int cpu = ::sched_getcpu();
  CPU_ZERO(&here);
  CPU_SET(cpu, &here);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(here), &here), 0);
  auto ring = MemoryRing::open(clock, static_cast<uint32_t>(cpu), 4000, -1);
  if (!ring) GTEST_SKIP() << ring.error().message;
  ring->enable();
  uint64_t samples = 0;
  for (int round = 0; round < 200 && samples == 0; ++round) {
    for (volatile int spin = 0; spin < 1'000'000;) spin = spin + 1;
    ring->drain([&](const RingRecord& record) { samples += record.sample ? 1 : 0; });
  }
  ring->disable();
  ::sched_setaffinity(0, sizeof(before), &before);
  EXPECT_GT(samples, 0u);
}

}  // namespace
}  // namespace quarrel
