// Which model, full of every feature, does a property test run over?
#pragma once

#include <random>
#include <string>
#include <vector>

#include "model/recording.h"
#include "model/source_facts.h"

namespace quarrel {

/// Fills model structs with random values that a writer must accept. The same seed, the same model.
class RandomModel {
 public:
  explicit RandomModel(uint32_t seed) : engine_(seed) {}

  Recording recording();
  /// Lets a run go on: appends to growing vectors and changes the others.
  void grow(Recording& recording);
  SourceFacts facts();

 private:
  uint64_t below(uint64_t bound) { return engine_() % bound; }
  bool coin() { return below(2) == 1; }
  uint64_t address() { return engine_(); }
  uint64_t amount() { return engine_() >> (1 + below(63)); }
  /// Also empty, long, with NUL bytes and bytes that are no UTF-8.
  std::string text();
  template <class E>
  E value(E last) {
    return static_cast<E>(below(static_cast<uint64_t>(last) + 1));
  }
  template <class Tag>
  Id<Tag> id(size_t rows) {
    return {static_cast<uint32_t>(below(rows))};
  }
  template <class Tag>
  Id<Tag> maybe_id(size_t rows) {
    return rows == 0 || coin() ? Id<Tag>{} : id<Tag>(rows);
  }
  SymbolId symbol() { return id<SymbolTag>(symbols_); }
  SymbolId maybe_symbol() { return maybe_id<SymbolTag>(symbols_); }
  std::vector<SymbolId> some_symbols();
  SourcePos position();
  FutexSignature signature();

  Run run();
  Mapping mapping(uint64_t start, size_t modules);
  LockStats lock_stats();
  std::vector<uint64_t> histogram();
  LineSample line_sample(const Recording& recording);
  MemorySample memory_sample(const Recording& recording);
  Coverage coverage();
  void append(Recording& recording);
  void rewrite(Recording& recording);

  SourceField field();
  SourceRecord record();
  SourceVariable variable();
  AccessSite access();
  LockRegion lock_region();

  std::mt19937_64 engine_;
  size_t files_ = 0;
  size_t symbols_ = 0;
};

}  // namespace quarrel
