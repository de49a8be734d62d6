// Which remedies fit a finding, what do they cost, and which tempting ones are wrong?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "join/lock_evidence.h"
#include "join/lock_facts.h"
#include "join/lock_verdict.h"
#include "model/diagnosis.h"
#include "model/source_facts.h"

namespace quarrel {

/// One side of a fight over a line: fields that the same threads write, hence may stay together.
struct FieldGroup {
  std::vector<std::string> fields;
  uint64_t bytes = 0;
};

/// What padding advice needs to know of the falsely shared object.
struct PadSubject {
  std::string record;                    ///< empty: separate variables
  std::vector<FieldGroup> groups;        ///< two or more
  const SourceRecord* layout = nullptr;  ///< from the facts, if given
  uint32_t line_size = 64;
};

/// Puts each group on lines of its own, with the memory price and a static_assert that keeps it.
Advice advise_pad(const PadSubject& subject);

/// Moves the groups apart inside the record; only if the record is large enough for it to be free.
std::optional<Advice> advise_reorder(const PadSubject& subject);

/// Objects of one record, or elements of one array, that lie on a line side by side.
struct ElementSubject {
  std::string name;  ///< "WorkerStats", or "g_counts[]" for scalars
  bool is_record = false;
  uint64_t stride = 0;  ///< bytes from one to the next
  uint32_t line_size = 64;
};

/// Puts each of them on lines of its own.
Advice advise_align_elements(const ElementSubject& subject);

/// The same for locks of `bytes` each, of which several were seen on one line.
Advice advise_align_locks(const std::string& lock, uint64_t bytes, uint64_t on_one_line,
                          uint32_t line_size);

/// For bytes that several threads really share: one slot per thread, or a split. `is_counter`: the
/// writers are read-modify-write operations, so that a sum over slots is equivalent.
Advice advise_shard(const std::string& subject, bool is_counter, size_t threads,
                    uint32_t line_size);

/// Why padding does not help when all threads touch the same bytes.
Advice refuse_pad(const std::string& subject);

/// For the count of a std::shared_ptr, which every copy of it changes.
Advice advise_fewer_copies(const std::string& count);

/// Why no thread can have a part of that count.
Advice refuse_shard_of_count(const std::string& count);

/// Moves `fields`, of so many bytes, off the line on which std::make_shared put the count.
Advice advise_pad_behind_count(const std::string& fields, uint64_t bytes, uint32_t line_size);

/// Do less while holding the lock: names the source lines at which holders were sampled.
Advice advise_shorten(const LockEvidence& evidence);

/// A mutex over one word as an atomic, or the reason why not.
Advice advise_atomic(const AtomicTest& test, const LockEvidence& evidence,
                     const std::optional<GuardedState>& state);

/// Nothing to do, said explicitly so that nobody pads for nothing.
Advice advise_leave(const std::string& reason);

}  // namespace quarrel
