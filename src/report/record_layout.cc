// How does a record lie on its cache lines: members, holes, padding, and what shares a line?
#include "report/record_layout.h"

#include <algorithm>
#include <utility>

namespace quarrel {

namespace {

// Facts come from untrusted files: bounds on nesting, on rows, and on what is compared in pairs.
constexpr int kMaxDepth = 12;
constexpr size_t kMaxRows = 20000;
constexpr size_t kMaxSynchronized = 512;
constexpr uint64_t kMaxCount = uint64_t{1} << 40;
constexpr uint64_t kMaxBits = uint64_t{1} << 43;

bool is_leaf(const LayoutRow& row) {
  return row.kind == LayoutRowKind::kMember;
}

uint64_t bytes_up(uint64_t bits) {
  return bits / 8 + (bits % 8 != 0 ? 1 : 0);
}

ByteRange bytes_of(const LayoutRow& row) {
  return {row.offset_bits / 8, bytes_up(row.size_bits)};
}

bool has_virtual_base(const RecordLayout& layout) {
  return std::any_of(layout.record->bases.begin(), layout.record->bases.end(),
                     [](const SourceBase& base) { return base.is_virtual; });
}

/// Bits that members take, from and to, by offset.
std::vector<std::pair<uint64_t, uint64_t>> occupied(const RecordLayout& layout) {
  std::vector<std::pair<uint64_t, uint64_t>> bits;
  for (const LayoutRow& row : layout.rows)
    if (is_leaf(row) && row.size_bits != 0)
      bits.emplace_back(row.offset_bits, row.offset_bits + row.size_bits);
  std::sort(bits.begin(), bits.end());
  return bits;
}

/// Whole bytes between the members; less than a byte is left of bit-fields, and no hole.
std::vector<LayoutRow> holes_in(const RecordLayout& layout, uint64_t& end_bits) {
  std::vector<LayoutRow> holes;
  end_bits = 0;
  for (auto [begin, end] : occupied(layout)) {
    const uint64_t start = bytes_up(end_bits) * 8;
    if (begin >= start + 8)
      holes.push_back({.kind = LayoutRowKind::kHole,
                       .offset_bits = start,
                       .size_bits = (begin - start) / 8 * 8,
                       .name = "(hole)"});
    end_bits = std::max(end_bits, end);
  }
  return holes;
}

/// Below the innermost base or member that it lies in.
int depth_of(const LayoutRow& hole, const std::vector<LayoutRow>& rows) {
  int depth = 0;
  for (const LayoutRow& row : rows) {
    const bool is_inside = row.offset_bits <= hole.offset_bits &&
                           hole.offset_bits + hole.size_bits <= row.offset_bits + row.size_bits;
    if (!is_leaf(row) && is_inside) depth = std::max(depth, row.depth + 1);
  }
  return depth;
}

void insert_by_offset(std::vector<LayoutRow>& rows, LayoutRow row) {
  row.depth = depth_of(row, rows);
  auto after = std::find_if(rows.begin(), rows.end(), [&](const LayoutRow& each) {
    return each.offset_bits > row.offset_bits;
  });
  rows.insert(after, std::move(row));
}

void add_holes(RecordLayout& layout) {
  uint64_t end_bits = 0;
  for (LayoutRow& hole : holes_in(layout, end_bits)) {
    ++layout.holes;
    layout.hole_bytes += hole.size_bits / 8;
    insert_by_offset(layout.rows, std::move(hole));
  }
  const uint64_t end = bytes_up(end_bits);
  if (end >= layout.record->size_bytes) return;
  // An empty class has a size, so that its objects have addresses; that is no waste.
  if (layout.rows.empty() && layout.record->size_bytes == 1) return;
  LayoutRow rest{.offset_bits = end * 8, .size_bits = (layout.record->size_bytes - end) * 8};
  const bool is_hidden = has_virtual_base(layout);
  rest.kind = is_hidden ? LayoutRowKind::kVirtualBases : LayoutRowKind::kPadding;
  rest.name = is_hidden ? "(virtual bases)" : "(padding)";
  if (!is_hidden) layout.padding_bytes = rest.size_bits / 8;
  layout.rows.push_back(std::move(rest));
}

/// Maximal runs, in order of offset, whose first and last share a line: so do all between them.
std::vector<std::vector<size_t>> runs(const RecordLayout& layout, const std::vector<size_t>& rows,
                                      LineSharing at_least) {
  std::vector<std::vector<size_t>> found;
  size_t reached = 0;
  for (size_t first = 0; first < rows.size(); ++first) {
    size_t last = first;
    const ByteRange start = bytes_of(layout.rows[rows[first]]);
    while (last + 1 < rows.size() &&
           share_line(start, bytes_of(layout.rows[rows[last + 1]]), layout.record->align_bytes,
                      layout.line_bytes) >= at_least)
      ++last;
    if (last > first && last + 1 > reached)
      found.emplace_back(rows.begin() + long(first), rows.begin() + long(last) + 1);
    reached = std::max(reached, last + 1);
  }
  return found;
}

void add_sharing(RecordLayout& layout) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < layout.rows.size() && rows.size() < kMaxSynchronized; ++i)
    if (is_synchronized(layout.rows[i])) rows.push_back(i);
  std::stable_sort(rows.begin(), rows.end(), [&](size_t a, size_t b) {
    return layout.rows[a].offset_bits < layout.rows[b].offset_bits;
  });
  layout.always_together = runs(layout, rows, LineSharing::kAlways);
  layout.sometimes_together = runs(layout, rows, LineSharing::kSomeBase);
  std::erase_if(layout.sometimes_together, [&](const auto& run) {
    return std::find(layout.always_together.begin(), layout.always_together.end(), run) !=
           layout.always_together.end();
  });
}

}  // namespace

/// Collects the rows of one record.
class LayoutWalk {
 public:
  LayoutWalk(const LayoutBuilder& builder, RecordLayout& layout)
      : builder_(builder), layout_(layout) {}

  void add(const SourceRecord& record, uint64_t start_bits, const std::string& path, int depth) {
    if (depth > kMaxDepth) return;
    auto base = record.bases.begin();
    // A virtual table pointer is a field that stands before the bases.
    for (const SourceField& field : record.fields) {
      for (; base != record.bases.end() && base->offset_bits <= field.offset_bits; ++base)
        add_base(*base, start_bits, path, depth);
      add_field(field, start_bits, path, depth);
    }
    for (; base != record.bases.end(); ++base) add_base(*base, start_bits, path, depth);
  }

 private:
  void add_base(const SourceBase& base, uint64_t start_bits, const std::string& path, int depth) {
    const SourceRecord* record = builder_.record(base.record);
    if (record == nullptr || base.is_virtual || base.offset_bits > kMaxBits) return;
    const uint64_t offset = start_bits + base.offset_bits;
    const bool is_empty = record->fields.empty() && record->size_bytes <= 1;
    if (layout_.rows.size() >= kMaxRows || is_empty) return;
    layout_.rows.push_back({.kind = LayoutRowKind::kBase,
                            .depth = depth,
                            .offset_bits = offset,
                            .size_bits = record->size_bytes * 8,
                            .name = "(base " + record->name + ")",
                            .type = ""});
    add(*record, offset, path, depth + 1);
  }

  void add_field(const SourceField& field, uint64_t start_bits, const std::string& path,
                 int depth) {
    if (field.offset_bits > kMaxBits || field.size_bits > kMaxBits) return;
    if (layout_.rows.size() >= kMaxRows) return;
    const SourceRecord* inner = opened(field);
    const std::string name = field.name.empty() ? "(unnamed)" : field.name;
    LayoutRow row{.kind = inner != nullptr ? LayoutRowKind::kRecord : LayoutRowKind::kMember,
                  .depth = depth,
                  .offset_bits = start_bits + field.offset_bits,
                  .size_bits = field.size_bits,
                  .name = path.empty() ? name : path + "." + name,
                  .type = field.type,
                  .field = &field};
    const uint64_t offset = row.offset_bits;
    const std::string inner_path = row.name;
    layout_.rows.push_back(std::move(row));
    if (inner != nullptr) add(*inner, offset, inner_path, depth + 1);
  }

  /// The record whose members are shown below the field: not those of an array.
  const SourceRecord* opened(const SourceField& field) const {
    return field.array_length == 0 ? builder_.element_of(field) : nullptr;
  }

  const LayoutBuilder& builder_;
  RecordLayout& layout_;
};

LayoutBuilder::LayoutBuilder(const SourceFacts& facts, uint64_t line_bytes)
    : facts_(facts), line_bytes_(line_bytes) {
  for (const SourceRecord& each : facts.records) records_.try_emplace(each.symbol.value, &each);
}

const SourceRecord* LayoutBuilder::record(SymbolId symbol) const {
  auto found = records_.find(symbol.value);
  return found != records_.end() && symbol.is_valid() ? found->second : nullptr;
}

/// The record that the field holds, if it is the user's own and its members are of interest.
const SourceRecord* LayoutBuilder::element_of(const SourceField& field) const {
  if (field.is_bit_field || field.is_atomic || field.lock != LockClass::kNone) return nullptr;
  const SourceRecord* inner = record(field.type_record);
  if (inner == nullptr || inner->is_in_system_header || !inner->has_layout) return nullptr;
  const uint64_t objects = std::max<uint64_t>(field.array_length, 1);
  const bool is_whole = inner->size_bytes == field.size_bits / 8 / objects;
  return is_whole && !(inner->fields.empty() && inner->bases.empty()) ? inner : nullptr;
}

LayoutBuilder::Totals LayoutBuilder::totals_of(const SourceRecord& record, int depth) const {
  if (depth > kMaxDepth) return {};
  auto [place, is_new] = totals_.try_emplace(&record);
  if (!is_new) return place->second;
  Totals totals;
  auto add = [&](Totals more, uint64_t times) {
    times = std::clamp<uint64_t>(times, 1, uint64_t{1} << 20);
    totals.atomics = std::min(kMaxCount, totals.atomics + more.atomics * times);
    totals.locks = std::min(kMaxCount, totals.locks + more.locks * times);
  };
  for (const SourceBase& base : record.bases)
    if (const SourceRecord* inner = this->record(base.record)) add(totals_of(*inner, depth + 1), 1);
  for (const SourceField& field : record.fields) {
    const SourceRecord* inner = element_of(field);
    add(inner != nullptr ? totals_of(*inner, depth + 1)
                         : Totals{field.is_atomic, field.lock != LockClass::kNone},
        field.array_length);
  }
  return totals_[&record] = totals;
}

RecordLayout LayoutBuilder::layout_of(const SourceRecord& record) const {
  RecordLayout layout{.record = &record, .line_bytes = line_bytes_};
  LayoutWalk(*this, layout).add(record, 0, "", 0);
  const Totals totals = totals_of(record, 0);
  layout.atomics = totals.atomics;
  layout.locks = totals.locks;
  layout.lines = record.size_bytes / line_bytes_ + (record.size_bytes % line_bytes_ != 0 ? 1 : 0);
  add_holes(layout);
  add_sharing(layout);
  return layout;
}

bool is_synchronized(const LayoutRow& row) {
  return is_leaf(row) && row.field != nullptr &&
         (row.field->is_atomic || row.field->lock != LockClass::kNone);
}

std::string mark_of(const SourceField& field) {
  switch (field.lock) {
    case LockClass::kMutex:
      return "mutex";
    case LockClass::kSharedMutex:
      return "shared mutex";
    case LockClass::kSpin:
      return "spinlock";
    case LockClass::kNone:
      break;
  }
  return field.is_atomic ? "atomic" : "";
}

bool crosses_line(const LayoutRow& row, uint64_t line_bytes) {
  const ByteRange bytes = bytes_of(row);
  if (row.field == nullptr || row.field->array_length > 0 || bytes.size == 0) return false;
  return bytes.size <= line_bytes &&
         bytes.begin / line_bytes != (bytes.begin + bytes.size - 1) / line_bytes;
}

}  // namespace quarrel
