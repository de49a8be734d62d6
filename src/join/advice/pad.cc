// How are falsely shared fields moved apart, and at what price?
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "join/advice/advice.h"

namespace quarrel {
namespace {

std::string group_names(const PadSubject& subject) {
  std::vector<std::string> names;
  for (const FieldGroup& group : subject.groups)
    names.push_back(fmt::format("{}", fmt::join(group.fields, " + ")));
  return fmt::format("{}", fmt::join(names, " and "));
}

uint64_t round_up(uint64_t bytes, uint64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

uint64_t hot_bytes(const PadSubject& subject) {
  uint64_t bytes = 0;
  for (const FieldGroup& group : subject.groups) bytes += group.bytes;
  return bytes;
}

/// Growth of one instance: every group rounded up to whole lines, the rest of the record as well.
uint64_t padding_bytes(const PadSubject& subject) {
  uint64_t padded = 0;
  for (const FieldGroup& group : subject.groups)
    padded += round_up(std::max<uint64_t>(group.bytes, 1), subject.line_size);
  const uint64_t hot = hot_bytes(subject);
  if (subject.layout == nullptr) return padded - hot;
  const uint64_t now = std::max(subject.layout->size_bytes, hot);
  padded += round_up(now - hot, subject.line_size);
  return padded > now ? padded - now : 0;
}

/// A member path is what offsetof takes; names with spaces or parentheses are none.
bool is_member_path(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '[' || c == ']';
  });
}

std::string guard_of(const PadSubject& subject) {
  if (subject.record.empty()) return "";
  std::vector<std::string> asserts;
  for (size_t i = 1; i < subject.groups.size(); ++i) {
    const std::string& first = subject.groups[i - 1].fields.front();
    const std::string& second = subject.groups[i].fields.front();
    if (!is_member_path(first) || !is_member_path(second) || first == second) return "";
    asserts.push_back(
        fmt::format("static_assert(offsetof({0}, {2}) / {3} != offsetof({0}, {1}) / {3} "
                    "&& alignof({0}) >= {3});",
                    subject.record, first, second, subject.line_size));
  }
  return fmt::format("{}", fmt::join(asserts, "\n"));
}

}  // namespace

Advice advise_pad(const PadSubject& subject) {
  Advice advice;
  advice.remedy = "pad";
  advice.memory_bytes = padding_bytes(subject);
  advice.summary =
      fmt::format("give {} a cache line each: alignas({}) before the first field of each group{}",
                  group_names(subject), subject.line_size,
                  subject.record.empty() ? "" : fmt::format(" of {}", subject.record));
  advice.guard = guard_of(subject);
  return advice;
}

std::optional<Advice> advise_reorder(const PadSubject& subject) {
  const SourceRecord* layout = subject.layout;
  // Groups a full line apart can never share one, wherever the object starts.
  const uint64_t needed =
      hot_bytes(subject) + (subject.groups.size() - 1) * uint64_t{subject.line_size};
  if (layout == nullptr || layout->size_bytes < needed) return std::nullopt;
  Advice advice;
  advice.remedy = "reorder";
  advice.memory_bytes = 0;
  advice.summary = fmt::format(
      "{} has {} bytes: move {} at least {} bytes apart, with rarely written fields between them; "
      "costs no memory",
      subject.record, layout->size_bytes, group_names(subject), subject.line_size);
  return advice;
}

}  // namespace quarrel
