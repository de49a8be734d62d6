// How do names travel from the process that read them to the one that reports them?
#include "resolve/packed_names.h"

#include <cstring>
#include <type_traits>
#include <vector>

namespace quarrel {
namespace {

// Each struct is described once; the writer and the reader visit the same members in one order.
template <class Visitor>
void members(Visitor& visit, CodeLocation& place) {
  visit(place.file, place.line, place.column, place.function);
}

template <class Visitor>
void members(Visitor& visit, ResolvedFrame& frame) {
  visit(frame.locations, frame.module.value, frame.module_offset, frame.has_symbol, frame.has_line);
}

template <class Visitor>
void members(Visitor& visit, DataObject& object) {
  visit(object.source, object.variable, object.record, object.field, object.display, object.type,
        object.address, object.size, object.record_offset, object.declared, object.how,
        object.is_owner_count);
}

template <class Visitor>
void members(Visitor& visit, LiveName& name) {
  visit(name.address, name.object, name.aggregate_size, name.frame, name.is_own_capture,
        name.is_by_block);
}

template <class Visitor>
void members(Visitor& visit, ModuleNames& names) {
  visit(names.code, names.data, names.live, names.unusable);
}

class NameWriter {
 public:
  template <class... Values>
  void operator()(Values&... values) {
    (put(values), ...);
  }
  std::string take() { return std::move(bytes_); }

 private:
  template <class Value>
  void put(Value& value) {
    if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>)
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    else
      members(*this, value);
  }
  void put(std::string& text) {
    put_count(text.size());
    bytes_ += text;
  }
  template <class Row>
  void put(std::vector<Row>& rows) {
    put_count(rows.size());
    for (Row& row : rows) put(row);
  }
  void put_count(uint64_t count) { put(count); }

  std::string bytes_;
};

class NameReader {
 public:
  explicit NameReader(std::string_view bytes) : bytes_(bytes) {}

  template <class... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  bool is_right() const { return is_right_ && bytes_.empty(); }

 private:
  std::string_view take(size_t count) {
    if (count > bytes_.size()) is_right_ = false;
    if (!is_right_) return {};
    std::string_view part = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return part;
  }
  template <class Value>
  void get(Value& value) {
    if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
      std::string_view part = take(sizeof value);
      if (is_right_) get_number(value, part);
    } else {
      members(*this, value);
    }
  }
  template <class Value>
  void get_number(Value& value, std::string_view part) {
    if constexpr (std::is_same_v<Value, bool>) {
      value = part[0] != 0;
    } else {
      std::memcpy(&value, part.data(), sizeof value);
      if constexpr (std::is_same_v<Value, NameSource>)
        if (value > NameSource::kCode) is_right_ = false;
    }
  }
  void get(std::string& text) { text = take(get_count()); }
  template <class Row>
  void get(std::vector<Row>& rows) {
    // Every row takes a byte at least, so the count cannot make us allocate without limit.
    const uint64_t count = get_count();
    if (count > bytes_.size()) is_right_ = false;
    for (uint64_t i = 0; is_right_ && i < count; ++i) get(rows.emplace_back());
  }
  uint64_t get_count() {
    uint64_t count = 0;
    get(count);
    return count;
  }

  std::string_view bytes_;
  bool is_right_ = true;
};

}  // namespace

std::string pack_names(ModuleNames names) {
  NameWriter writer;
  members(writer, names);
  return writer.take();
}

Result<ModuleNames> unpack_names(std::string_view bytes) {
  ModuleNames names;
  NameReader reader(bytes);
  members(reader, names);
  if (!reader.is_right()) return Error{"the names are damaged"};
  return names;
}

}  // namespace quarrel
