// Which threads has the target, under which ids and names?
#pragma once

#include <cstdint>
#include <unordered_map>

#include "collect/target.h"
#include "model/recording.h"

namespace quarrel {

/// Recording::threads with an index: programs come with ten thousand threads, or end and start
/// thousands a second.
class ThreadTable {
 public:
  /// Both must outlive the table; the recording has no threads yet.
  ThreadTable(const Target& target, Recording& recording)
      : target_(target), recording_(recording) {}

  /// The thread of that tid (in quarrel's pid namespace), added if it is new: its name is read from
  /// /proc if it lives.
  ThreadId of(int32_t tid, uint64_t now_ns);

  /// The same, of a thread that was captured; notes where its thread-locals are.
  ThreadId of(const Capture& capture);

  /// Notes where the thread-locals of a thread are: the last value counts (a new program has
  /// others).
  void note_fs_base(ThreadId thread, uint64_t fs_base);

  /// The thread whose id in the target's own pid namespace is `ns_tid`, or an invalid id.
  ThreadId of_ns_tid(int32_t ns_tid) const;

  /// Adds threads that live now, and reads the names of some of them again: programs set names
  /// after the start.
  void refresh();

 private:
  int32_t read_ns_tid(int32_t tid) const;
  void refresh_names();

  const Target& target_;
  Recording& recording_;
  std::unordered_map<int32_t, uint32_t> by_tid_;
  std::unordered_map<int32_t, uint32_t> by_ns_tid_;
  size_t next_name_ = 0;
};

}  // namespace quarrel
