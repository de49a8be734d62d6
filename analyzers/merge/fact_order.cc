// In which order do facts stand, so that the same input gives the same bytes?
//
// Where two descriptions of one entity differ (an #ifdef, a declaration without its definition),
// the better one orders first and is the one that a merge keeps.
#include "merge/fact_order.h"

#include <algorithm>
#include <tuple>

namespace quarrel {
namespace {

/// std::reference_wrapper has no order of its own, and copies of long names would cost.
template <class T>
struct Compared {
  const T* value;
  auto operator<=>(const Compared& other) const { return *value <=> *other.value; }
  bool operator==(const Compared& other) const { return *value == *other.value; }
};

template <class T>
Compared<T> compared(const T& value) {
  return {&value};
}

auto key_of(const SourceField& f) {
  return std::tie(f.offset_bits, f.size_bits, f.symbol, f.name, f.type, f.type_record,
                  f.array_length, f.is_bit_field, f.is_atomic, f.is_volatile, f.is_const, f.lock,
                  f.alignas_bytes, f.declared_type, f.element_record, f.bound_text, f.alignas_text,
                  f.position);
}

auto key_of(const SourceBase& b) {
  return std::tie(b.record, b.offset_bits, b.is_virtual);
}

template <class T>
bool lists_in_order(const std::vector<T>& a, const std::vector<T>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const T& left, const T& right) { return key_of(left) < key_of(right); });
}

auto key_of(const SourceRecord& r) {
  return std::tuple(r.symbol, !r.has_layout, r.position, r.end, r.size_bytes, r.align_bytes,
                    compared(r.name), r.pattern, r.is_union, r.is_lambda, r.is_in_system_header,
                    compared(r.template_arguments), r.is_layout_assumed, r.alignas_bytes,
                    compared(r.alignas_text));
}

}  // namespace

bool comes_before(const SourceRecord& a, const SourceRecord& b) {
  const auto left = key_of(a), right = key_of(b);
  if (left != right) return left < right;
  if (a.fields != b.fields) return lists_in_order(a.fields, b.fields);
  return lists_in_order(a.bases, b.bases);
}

bool comes_before(const SourceVariable& a, const SourceVariable& b) {
  // A definition knows its place and its size; `extern int a[];` does not.
  const auto key = [](const SourceVariable& v) {
    return std::tuple(v.symbol, !v.is_defined, v.size_bytes == 0, v.position, v.alignas_bytes,
                      v.size_bytes, v.align_bytes, compared(v.name), compared(v.type),
                      v.type_record, v.storage, v.array_length, v.is_atomic, v.is_volatile, v.lock,
                      compared(v.declared_type), v.element_record, compared(v.bound_text),
                      compared(v.alignas_text));
  };
  return key(a) < key(b);
}

bool comes_before(const SourceFunction& a, const SourceFunction& b) {
  const auto key = [](const SourceFunction& f) {
    return std::tuple(f.symbol, f.is_uninstantiated, f.position, compared(f.name), f.kind, f.record,
                      f.is_main, f.is_in_system_header, f.is_virtual);
  };
  return key(a) < key(b);
}

bool comes_before(const AccessSite& a, const AccessSite& b) {
  const auto key = [](const AccessSite& s) {
    return std::tuple(s.object, s.position, s.function, s.access, s.form, s.order, s.loop_depth,
                      s.is_indexed_by_variable, s.is_initialization, compared(s.base),
                      compared(s.locks_held), compared(s.index), compared(s.value_from),
                      compared(s.guarded_by), s.is_in_loop_condition, s.is_result_used,
                      s.element_bytes);
  };
  return key(a) < key(b);
}

bool comes_before(const LockRegion& a, const LockRegion& b) {
  const auto key = [](const LockRegion& r) {
    return std::tuple(r.lock, r.begin, r.end, r.function, r.mode, r.loop_depth, compared(r.guard),
                      compared(r.objects), compared(r.calls));
  };
  return key(a) < key(b);
}

bool comes_before(const ThreadEntry& a, const ThreadEntry& b) {
  const auto key = [](const ThreadEntry& e) {
    return std::tie(e.entry, e.starter, e.position, e.mechanism, e.is_in_loop, e.argument_record,
                    e.argument);
  };
  return key(a) < key(b);
}

bool comes_before(const CallEdge& a, const CallEdge& b) {
  return a < b;
}

bool comes_before(const SourceTypedef& a, const SourceTypedef& b) {
  const auto key = [](const SourceTypedef& t) {
    return std::tie(t.symbol, t.position, t.name, t.record, t.size_bytes, t.align_bytes,
                    t.alignas_text);
  };
  return key(a) < key(b);
}

bool comes_before(const SourceAllocation& a, const SourceAllocation& b) {
  const auto key = [](const SourceAllocation& s) {
    return std::tie(s.record, s.position, s.function, s.allocator, s.guarantee_bytes, s.is_array,
                    s.size_text, s.count_text);
  };
  return key(a) < key(b);
}

bool comes_before(const SourceLoop& a, const SourceLoop& b) {
  const auto key = [](const SourceLoop& l) {
    return std::tie(l.function, l.begin, l.end, l.depth, l.has_pause, l.is_counted);
  };
  return key(a) < key(b);
}

bool comes_before(const SourceRemark& a, const SourceRemark& b) {
  const auto key = [](const SourceRemark& r) {
    return std::tie(r.kind, r.object, r.position, r.function, r.text);
  };
  return key(a) < key(b);
}

bool comes_before(const Suppression& a, const Suppression& b) {
  return std::tie(a.position, a.rule, a.reason) < std::tie(b.position, b.rule, b.reason);
}

bool comes_before(const TranslationUnit& a, const TranslationUnit& b) {
  const auto key = [](const TranslationUnit& u) {
    return std::tie(u.main_file, u.state, u.reason, u.standard, u.has_aligned_new);
  };
  return key(a) < key(b);
}

}  // namespace quarrel
