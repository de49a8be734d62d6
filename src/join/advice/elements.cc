// How do objects that lie side by side get cache lines of their own?
#include <fmt/format.h>

#include "join/advice/advice.h"

namespace quarrel {
namespace {

uint64_t bytes_to_fill_lines(uint64_t bytes, uint64_t line_size) {
  return (line_size - bytes % line_size) % line_size;
}

}  // namespace

Advice advise_align_elements(const ElementSubject& subject) {
  Advice advice;
  advice.remedy = "pad";
  advice.memory_bytes = bytes_to_fill_lines(subject.stride, subject.line_size);
  if (!subject.is_record) {
    advice.summary = fmt::format(
        "give each element of {} a cache line, as the only member of a struct alignas({}); or let "
        "each thread work on a local variable and store the result at the end",
        subject.name, subject.line_size);
    return advice;
  }
  advice.summary = fmt::format(
      "declare {} alignas({}), so that its size is a multiple of the line: objects {} bytes apart "
      "then begin on lines of their own",
      subject.name, subject.line_size, subject.stride);
  advice.guard = fmt::format("static_assert(alignof({}) >= {});", subject.name, subject.line_size);
  return advice;
}

Advice advise_align_locks(const std::string& lock, uint64_t bytes, uint64_t on_one_line,
                          uint32_t line_size) {
  Advice advice;
  advice.remedy = "pad";
  advice.memory_bytes = bytes_to_fill_lines(bytes, line_size);
  advice.summary = fmt::format(
      "{} of the locks {} lie on one cache line, so that whoever takes one slows the others down: "
      "put each on a line of its own, with alignas({}) on the record around it",
      on_one_line, lock, line_size);
  return advice;
}

}  // namespace quarrel
