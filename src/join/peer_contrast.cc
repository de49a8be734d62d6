// Is a line slower for a thread while another thread that uses it runs at the same time?
#include "join/peer_contrast.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace quarrel {
namespace {

constexpr double kNormalQuantile975 = 1.959964;

/// For each thread of the line: does it write there?
std::map<ThreadId, bool> writers_of(const LineProfile& line) {
  std::map<ThreadId, bool> is_writer;
  for (const LineAccess& access : line.accesses)
    is_writer[access.thread] |= access.kind != AccessKind::kRead;
  return is_writer;
}

/// Two readers do not take the line away from each other.
std::set<ThreadId> clashing_peers(const LineProfile& line, ThreadId thread) {
  const auto is_writer = writers_of(line);
  const auto own = is_writer.find(thread);
  const bool writes_itself = own != is_writer.end() && own->second;
  std::set<ThreadId> peers;
  for (const auto& [other, writes] : is_writer)
    if (other != thread && (writes || writes_itself)) peers.insert(other);
  return peers;
}

bool is_any_on_cpu(const LineSample& sample, const std::set<ThreadId>& peers) {
  return std::any_of(sample.peers.begin(), sample.peers.end(),
                     [&](ThreadId peer) { return peers.contains(peer); });
}

bool comes_before(const PeerContrast& a, const PeerContrast& b) {
  const uint64_t a_hits = a.on_hits + a.off_hits;
  const uint64_t b_hits = b.on_hits + b.off_hits;
  return a_hits != b_hits ? a_hits > b_hits : a.thread < b.thread;
}

}  // namespace

void compute_odds(PeerContrast& contrast) {
  contrast.is_known =
      contrast.on_total >= kMinContrastSamples && contrast.off_total >= kMinContrastSamples;
  if (!contrast.is_known) return;
  const double a = static_cast<double>(contrast.on_hits) + 0.5;
  const double b = static_cast<double>(contrast.on_total - contrast.on_hits) + 0.5;
  const double c = static_cast<double>(contrast.off_hits) + 0.5;
  const double d = static_cast<double>(contrast.off_total - contrast.off_hits) + 0.5;
  const double log_odds = std::log(a * d / (b * c));
  const double error = kNormalQuantile975 * std::sqrt(1 / a + 1 / b + 1 / c + 1 / d);
  contrast.odds = std::exp(log_odds);
  contrast.low = std::exp(log_odds - error);
  contrast.high = std::exp(log_odds + error);
}

PeerContrast peer_contrast_of(const LineProfile& line, const Recording& recording,
                              ThreadId thread) {
  const std::set<ThreadId> peers = clashing_peers(line, thread);
  PeerContrast contrast{.thread = thread};
  for (uint32_t i = 0; i < recording.line_samples.size(); ++i) {
    const LineSample& sample = recording.line_samples[i];
    if (sample.thread != thread) continue;
    const bool is_hit = std::binary_search(line.charged.begin(), line.charged.end(), i);
    const bool is_on = is_any_on_cpu(sample, peers);
    ++(is_on ? contrast.on_total : contrast.off_total);
    if (is_hit) ++(is_on ? contrast.on_hits : contrast.off_hits);
  }
  compute_odds(contrast);
  return contrast;
}

std::vector<PeerContrast> peer_contrasts(const LineProfile& line, const Recording& recording) {
  std::vector<PeerContrast> contrasts;
  for (const auto& [thread, writes] : writers_of(line))
    contrasts.push_back(peer_contrast_of(line, recording, thread));
  std::sort(contrasts.begin(), contrasts.end(), comes_before);
  return contrasts;
}

PeerContrast peer_contrast(const LineProfile& line, const Recording& recording) {
  const auto contrasts = peer_contrasts(line, recording);
  const auto known = std::find_if(contrasts.begin(), contrasts.end(),
                                  [](const PeerContrast& contrast) { return contrast.is_known; });
  if (known != contrasts.end()) return *known;
  return contrasts.empty() ? PeerContrast{} : contrasts.front();
}

}  // namespace quarrel
