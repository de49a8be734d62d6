// What does a report format print for the sample runs of the unit tests?
//
// usage: render_sample (busy|quiet|hostile|many|scan) FORMAT
#include <cstdio>
#include <string>

#include "join/join.h"
#include "report/format.h"
#include "unit/sample_profile.h"

namespace quarrel {
namespace {

constexpr const char* kHostile = "</script><script>alert(1)</script>\"'&\x1b[31m\xff";

/// Every name that comes from the target tries to break out of its place.
Profile hostile_profile() {
  Profile profile = sample::busy_profile();
  profile.recording.run.command = kHostile;
  for (Thread& thread : profile.recording.threads) thread.name = kHostile;
  for (LockIdentity& lock : profile.locks)
    lock.object.record = lock.object.display = lock.object.type = kHostile;
  for (LineProfile& line : profile.lines)
    for (DataObject& object : line.objects)
      object.field = object.display = object.declared.file = kHostile + object.field;
  for (ResolvedFrame& frame : profile.frames)
    for (CodeLocation& place : frame.locations) place.function = place.file = kHostile;
  profile.coverage[1].reason = kHostile;
  return profile;
}

/// More locks than a text report shows in full.
Profile many_profile() {
  Profile profile = sample::busy_profile();
  for (uint64_t i = 0; i < 40; ++i) {
    LockIdentity lock = profile.locks[0];
    lock.object.field = "mu_" + std::to_string(i);
    lock.object.display = "Shard::" + lock.object.field;
    lock.object.record = "Shard";
    lock.object.address = 0x900000 + i * 64;
    lock.words = {lock.object.address};
    profile.locks.push_back(lock);
    sample::add_wait(profile.recording, lock.words[0], 1, ThreadId{0}, 50, 90'000'000 / (i + 1));
  }
  return profile;
}

Diagnosis diagnose_scan() {
  SourceFacts facts;
  facts.units = {{FileId{0}, UnitState::kComplete, ""}, {FileId{1}, UnitState::kTimedOut, ""}};
  Finding finding;
  finding.rule = "false-sharing";
  finding.fingerprint = fingerprint_of("false-sharing", "Queue", {"head", "tail"});
  finding.message = "Queue::head and Queue::tail share a cache line";
  finding.reason = "no run has shown the harm";
  finding.subject = {SubjectKind::kSource, "Queue", "Queue", {{"head", 0, 8}, {"tail", 8, 8}}, {}};
  finding.locations = {{"src/queue.h", 9, 23, "", "field", "tail is declared here"},
                       {"src/queue.cc", 20, 3, "Queue::push", "writer", "push writes tail"}};
  return join_static(facts, {finding});
}

Diagnosis diagnose(const std::string& name) {
  const std::vector<Finding> none;
  if (name == "scan") return diagnose_scan();
  if (name == "quiet") return join({sample::quiet_profile(), nullptr, none});
  if (name == "hostile") return join({hostile_profile(), nullptr, none});
  if (name == "many") return join({many_profile(), nullptr, none});
  return join({sample::busy_profile(), nullptr, none});
}

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  using namespace quarrel;
  const Format* format = argc == 3 ? FormatRegistry::find(argv[2]) : nullptr;
  if (format == nullptr) {
    std::fprintf(stderr, "usage: render_sample (busy|quiet|hostile|many|scan) FORMAT\n");
    return 2;
  }
  const std::string text = format->render(diagnose(argv[1]), {});
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 2;
}
