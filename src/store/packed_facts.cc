// How do facts travel between processes of one tool, and into its cache, at little cost?
#include "store/packed_facts.h"

#include <limits>

#include "store/facts_tables.h"

namespace quarrel {
namespace {

/// Seven bits a byte, the lowest first; all but the last byte have the highest bit set.
constexpr unsigned kGroupBits = 7;
constexpr uint8_t kMore = 0x80;

/// A visitor of tables and of their columns.
class PackWriter {
 public:
  template <class Row, class Describe = DescribeRow>
  void rows(const char*, Growth, const std::vector<Row>& rows, Describe describe = {}) {
    number("", rows.size());
    for (const Row& row : rows) describe(*this, row);
  }

  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char*, const char*, Growth, const std::vector<Parent>& parents,
                std::vector<Child> Parent::* member, Describe describe = {}) {
    for (const Parent& parent : parents) {
      number("", (parent.*member).size());
      for (const Child& child : parent.*member) describe(*this, child);
    }
  }

  template <std::unsigned_integral T>
  void number(const char*, const T& value) {
    uint64_t rest = value;
    for (; rest >= kMore; rest >>= kGroupBits) bytes_ += static_cast<char>(rest | kMore);
    bytes_ += static_cast<char>(rest);
  }
  void flag(const char*, const bool& value) { bytes_ += static_cast<char>(value); }
  void text(const char*, const std::string& value) {
    number("", value.size());
    bytes_ += value;
  }
  /// An invalid id is 0, others count from 1.
  template <class Tag>
  void id(const char*, const Id<Tag>& value) {
    number("", value.is_valid() ? uint64_t{value.value} + 1 : 0);
  }
  template <class Tag>
  void optional_id(const char* name, const Id<Tag>& value) {
    id(name, value);
  }
  template <class E>
  void word(const char*, const E& value) {
    bytes_ += static_cast<char>(value);
  }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// The counterpart of PackWriter, call for call. After the first failure it only yields zeros.
class PackReader {
 public:
  explicit PackReader(std::string_view bytes) : rest_(bytes) {}

  template <class Row, class Describe = DescribeRow>
  void rows(const char*, Growth, std::vector<Row>& rows, Describe describe = {}) {
    for (uint64_t count = length(); count > 0 && !has_failed_; --count) {
      describe(*this, rows.emplace_back());
      limits_.grow(rows.back());
    }
  }

  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char*, const char*, Growth, std::vector<Parent>& parents,
                std::vector<Child> Parent::* member, Describe describe = {}) {
    for (Parent& parent : parents)
      for (uint64_t count = length(); count > 0 && !has_failed_; --count)
        describe(*this, (parent.*member).emplace_back());
  }

  template <std::unsigned_integral T>
  void number(const char*, T& value) {
    const uint64_t stored = varint();
    if (stored > std::numeric_limits<T>::max()) return fail();
    value = static_cast<T>(stored);
  }
  void flag(const char*, bool& value) {
    const uint8_t stored = byte();
    if (stored > 1) return fail();
    value = stored == 1;
  }
  void text(const char*, std::string& value) {
    const uint64_t size = length();
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <class Tag>
  void id(const char* name, Id<Tag>& value) {
    optional_id(name, value);
    if (!value.is_valid()) fail();
  }
  template <class Tag>
  void optional_id(const char*, Id<Tag>& value) {
    const uint64_t stored = varint();
    if (stored > limits_.of(value)) return fail();
    value = stored == 0 ? Id<Tag>{} : Id<Tag>{static_cast<uint32_t>(stored - 1)};
  }
  template <class E>
  void word(const char*, E& value) {
    const auto stored = static_cast<E>(byte());
    if (!word_of(stored)) return fail();
    value = stored;
  }

  bool has_read_all() const { return !has_failed_ && rest_.empty(); }

 private:
  void fail() {
    has_failed_ = true;
    rest_ = {};
  }
  uint8_t byte() {
    if (rest_.empty()) {
      fail();
      return 0;
    }
    const auto first = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += kGroupBits) {
      const uint8_t group = byte();
      value |= static_cast<uint64_t>(group & ~kMore) << shift;
      if ((group & kMore) == 0) return value;
    }
    fail();
    return 0;
  }
  /// Of a text or a list: no element is shorter than a byte.
  uint64_t length() {
    const uint64_t count = varint();
    if (count <= rest_.size()) return count;
    fail();
    return 0;
  }

  std::string_view rest_;
  IdLimits limits_;
  bool has_failed_ = false;
};

}  // namespace

std::string pack_facts(const SourceFacts& facts) {
  std::vector<SourceFile> files;
  for (size_t i = 0; i < facts.files.size(); ++i)
    files.push_back({facts.files[i], facts.file_is_system[i]});
  PackWriter writer;
  facts_tables(writer, files, facts);
  return writer.take();
}

Result<SourceFacts> unpack_facts(std::string_view bytes) {
  SourceFacts facts;
  std::vector<SourceFile> files;
  PackReader reader(bytes);
  facts_tables(reader, files, facts);
  if (!reader.has_read_all()) return Error{"packed facts are damaged"};
  for (SourceFile& file : files) {
    facts.files.push_back(std::move(file.path));
    facts.file_is_system.push_back(file.is_system);
  }
  return facts;
}

}  // namespace quarrel
