// Can two fields of one object lie on the same cache line?
#include "checks/line_layout.h"

#include <algorithm>
#include <tuple>

namespace quarrel {
namespace {

// Facts may come from a hostile file: bounds on nesting and on the number of fields.
constexpr int kMaxDepth = 8;
constexpr size_t kMaxFields = 4096;
constexpr uint64_t kMaxOffset = uint64_t{1} << 40;

uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

bool is_opaque(const SourceRecord* record) {
  return record == nullptr || !record->has_layout || record->is_union ||
         record->is_in_system_header;
}

class Flattener {
 public:
  enum class Yield : uint8_t { kLeaves, kAggregates };

  Flattener(const FactIndex& index, Yield yield) : index_(index), yield_(yield) {}

  void add(const SourceRecord& record, const LineField& where, int depth) {
    if (depth > kMaxDepth || visited_ > kMaxFields || record.is_union || !record.has_layout) return;
    for (const SourceBase& base : record.bases) add_base(base, where, depth);
    for (const SourceField& field : record.fields) add_field(record, field, where, depth);
  }

  std::vector<LineField> take() && {
    std::sort(fields_.begin(), fields_.end(), [](const LineField& a, const LineField& b) {
      return std::tie(a.bytes.begin, a.path) < std::tie(b.bytes.begin, b.path);
    });
    return std::move(fields_);
  }

 private:
  void add_base(const SourceBase& base, const LineField& where, int depth) {
    const SourceRecord* record = index_.record(base.record);
    if (base.is_virtual || is_opaque(record) || base.offset_bits / 8 > kMaxOffset) return;
    LineField inner = where;
    inner.bytes.begin += base.offset_bits / 8;
    add(*record, inner, depth + 1);
  }

  void add_field(const SourceRecord& record, const SourceField& field, const LineField& where,
                 int depth) {
    if (field.is_bit_field || ++visited_ > kMaxFields) return;
    if (field.offset_bits / 8 > kMaxOffset || field.size_bits / 8 > kMaxOffset) return;
    LineField leaf{.field = &field,
                   .parent = &record,
                   .path = where.path.empty() ? field.name : where.path + "." + field.name,
                   .member = where.member,
                   .bytes = {where.bytes.begin + field.offset_bits / 8, field.size_bits / 8}};
    const SourceRecord* type = index_.record(field.type_record);
    const bool is_leaf = is_opaque(type) || field.is_atomic || field.lock != LockClass::kNone ||
                         field.array_length > 0;
    const bool is_wanted = is_leaf == (yield_ == Yield::kLeaves);
    if (is_wanted && leaf.bytes.size > 0 && !field.name.empty()) fields_.push_back(leaf);
    if (is_leaf) return;
    if (!field.name.empty()) leaf.member = field.name;
    add(*type, leaf, depth + 1);
  }

  const FactIndex& index_;
  Yield yield_;
  std::vector<LineField> fields_;
  size_t visited_ = 0;
};

}  // namespace

std::vector<LineField> flatten(const FactIndex& index, const SourceRecord& record) {
  Flattener flattener(index, Flattener::Yield::kLeaves);
  flattener.add(record, {}, 0);
  return std::move(flattener).take();
}

std::vector<LineField> aggregates(const FactIndex& index, const SourceRecord& record) {
  Flattener flattener(index, Flattener::Yield::kAggregates);
  flattener.add(record, {}, 0);
  return std::move(flattener).take();
}

uint64_t padding_price(const SourceRecord& record, const std::vector<uint64_t>& aligned_offsets) {
  uint64_t shift = 0;
  for (uint64_t offset : aligned_offsets) shift = align_up(offset + shift, kLineBytes) - offset;
  const uint64_t size = align_up(record.size_bytes + shift, kLineBytes);
  return size > record.size_bytes ? size - record.size_bytes : 0;
}

}  // namespace quarrel
