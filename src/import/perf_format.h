// Which numbers does a perf.data file use? (linux/perf_event.h; perf's Documentation/
// perf.data-file-format.txt)
#pragma once

#include <cstdint>

namespace quarrel::perf {

inline constexpr uint64_t kMagic = 0x32454c4946524550;         // "PERFILE2"
inline constexpr uint64_t kSwappedMagic = 0x50455246494c4532;  // of a big-endian host
inline constexpr uint64_t kOldMagic = 0x454c494646524550;      // "PERFFILE", before Linux 3.0
inline constexpr uint64_t kFileHeaderBytes = 104;
inline constexpr uint64_t kPipeHeaderBytes = 16;
inline constexpr uint64_t kRecordHeaderBytes = 8;

enum Record : uint32_t {
  kMmap = 1,
  kLost = 2,
  kComm = 3,
  kExit = 4,
  kFork = 7,
  kSample = 9,
  kMmap2 = 10,
  kLostSamples = 13,
  kFirstOfTool = 64,  // from here on perf's own, without sample_id trailer
  kHeaderAttribute = 64,
  kTracingData = 66,
  kHeaderBuildId = 67,
  kFinishedRound = 68,
  kAuxTrace = 71,
  kEventUpdate = 78,
  kHeaderFeature = 80,
  kCompressed = 81,
  kCompressed2 = 83,
};

enum Misc : uint16_t {
  kCpuModeMask = 7,
  kModeKernel = 1,
  kModeUser = 2,
  kDataMapping = 1 << 13,  // of kMmap and kMmap2
  kExec = 1 << 13,         // of kComm
  kNoClone = 1 << 13,      // of kFork: mappings follow
  kBuildId = 1 << 14,      // of kMmap2
};

enum SampleType : uint64_t {
  kIp = 1u << 0,
  kTid = 1u << 1,
  kTime = 1u << 2,
  kAddress = 1u << 3,
  kRead = 1u << 4,
  kCallchain = 1u << 5,
  kId = 1u << 6,
  kCpu = 1u << 7,
  kPeriod = 1u << 8,
  kStreamId = 1u << 9,
  kRaw = 1u << 10,
  kBranchStack = 1u << 11,
  kRegsUser = 1u << 12,
  kStackUser = 1u << 13,
  kWeight = 1u << 14,
  kDataSource = 1u << 15,
  kIdentifier = 1u << 16,
  kTransaction = 1u << 17,
  kRegsInterrupt = 1u << 18,
  kPhysicalAddress = 1u << 19,
  kAux = 1u << 20,
  kCgroup = 1u << 21,
  kDataPageSize = 1u << 22,
  kCodePageSize = 1u << 23,
  kWeightStruct = 1u << 24,
};
inline constexpr uint64_t kKnownSampleTypes = (uint64_t{1} << 25) - 1;

enum ReadFormat : uint64_t {
  kTotalTimeEnabled = 1,
  kTotalTimeRunning = 2,
  kReadId = 4,
  kReadGroup = 8,
  kReadLost = 16,
};

inline constexpr uint64_t kBranchHardwareIndex = uint64_t{1} << 17;
inline constexpr uint64_t kBranchCounters = uint64_t{1} << 19;

enum Feature : uint32_t {
  kFeatureBuildIds = 2,
  kFeatureHostname = 3,
  kFeatureRelease = 4,
  kFeatureMachine = 6,
  kFeatureCpus = 7,
  kFeatureCpuName = 8,
  kFeatureEvents = 12,
  kFeatureSampleTime = 21,
  kFeatures = 256,
};

/// Markers between the addresses of a callchain.
inline constexpr uint64_t kFirstContext = static_cast<uint64_t>(-4095);
inline constexpr uint64_t kUserContext = static_cast<uint64_t>(-512);

inline constexpr uint32_t kMapShared = 1;  // mmap(2)
inline constexpr uint32_t kProtExec = 4;

}  // namespace quarrel::perf
