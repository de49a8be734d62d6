// A program that allocates: how long does a fixed amount of its work take?
//
// allocation_load WORK ROUNDS. Each round allocates and frees 64 blocks of different sizes, and
// does WORK steps of arithmetic for each: 0 is malloc and nothing else. Prints "ns_per_block N" of
// CPU time, once at the end, and before that "start_ns_per_block N" of the first tenth.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr size_t kBlocks = 64;

uint64_t cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t scramble(uint64_t value, long steps) {
  for (long i = 0; i < steps; ++i) value = value * 6364136223846793005u + 1442695040888963407u;
  return value;
}

[[gnu::noinline]] uint64_t run_round(long work, uint64_t seed) {
  std::array<void*, kBlocks> blocks;
  for (void*& block : blocks) {
    seed = scramble(seed + 1, work);
    block = std::malloc(16 + (seed >> 40) % 400);
    *static_cast<uint64_t*>(block) = seed;
  }
  for (void* block : blocks) std::free(block);
  return seed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long work = std::atol(argv[1]);
  const long rounds = std::atol(argv[2]);
  const uint64_t start_ns = cpu_ns();
  uint64_t seed = 1;
  for (long round = 0; round < rounds; ++round) seed = run_round(work, seed);
  const auto blocks = static_cast<double>(kBlocks) * static_cast<double>(rounds);
  std::printf("ns_per_block %.1f\n", static_cast<double>(cpu_ns() - start_ns) / blocks);
  return seed == 0;
}
