// Where does each function of a file begin and end, according to its unwind tables?
#include "resolve/fde_ranges.h"

#include <dwarf.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "resolve/byte_cursor.h"

namespace quarrel {
namespace {

constexpr uint8_t kFormatMask = 0x0f;
constexpr uint8_t kApplicationMask = 0x70;
constexpr uint32_t kLongLength = 0xffffffff;

std::optional<uint64_t> read_formatted(ByteCursor& cursor, uint8_t format) {
  switch (format & kFormatMask) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
      return cursor.read<uint64_t>();
    case DW_EH_PE_uleb128:
      return cursor.read_uleb128();
    case DW_EH_PE_udata2:
      return cursor.read<uint16_t>();
    case DW_EH_PE_sdata2:
      return static_cast<uint64_t>(int64_t{cursor.read<int16_t>()});
    case DW_EH_PE_udata4:
      return cursor.read<uint32_t>();
    case DW_EH_PE_sdata4:
      return static_cast<uint64_t>(int64_t{cursor.read<int32_t>()});
    default:
      return std::nullopt;
  }
}

/// Indirect pointers and bases other than the field's own place do not occur for code ranges.
std::optional<uint64_t> read_pointer(ByteCursor& cursor, uint8_t encoding, uint64_t section) {
  const uint64_t place = section + cursor.position();
  const auto value = read_formatted(cursor, encoding);
  if (!value || !cursor.ok() || (encoding & DW_EH_PE_indirect) != 0) return std::nullopt;
  switch (encoding & kApplicationMask) {
    case 0:
      return *value;
    case DW_EH_PE_pcrel:
      return place + *value;
    default:
      return std::nullopt;
  }
}

struct Augmentation {
  std::string letters;
  uint8_t version = 0;
};

Augmentation read_augmentation(ByteCursor& cursor) {
  Augmentation result;
  result.version = cursor.read<uint8_t>();
  for (auto letter = cursor.read<uint8_t>(); letter != 0 && cursor.ok();
       letter = cursor.read<uint8_t>())
    result.letters.push_back(static_cast<char>(letter));
  return result;
}

/// The letters after 'z' describe the augmentation data in order; 'R' gives the encoding sought.
std::optional<uint8_t> encoding_from_data(ByteCursor& cursor, std::string_view letters) {
  for (const char letter : letters) {
    if (letter == 'R') return cursor.read<uint8_t>();
    if (letter == 'L') cursor.skip(1);
    if (letter == 'P' && !read_formatted(cursor, cursor.read<uint8_t>())) return std::nullopt;
  }
  return DW_EH_PE_absptr;
}

/// How FDEs of the CIE at `offset` encode their addresses.
std::optional<uint8_t> pointer_encoding(std::span<const uint8_t> eh_frame, uint64_t offset) {
  if (offset >= eh_frame.size()) return std::nullopt;
  ByteCursor cursor(eh_frame, offset);
  if (cursor.read<uint32_t>() == kLongLength) cursor.skip(8);
  if (cursor.read<uint32_t>() != 0) return std::nullopt;
  const Augmentation augmentation = read_augmentation(cursor);
  if (augmentation.letters.empty()) return DW_EH_PE_absptr;
  if (augmentation.letters[0] != 'z') return std::nullopt;
  cursor.read_uleb128();  // code alignment factor
  cursor.read_uleb128();  // data alignment factor
  if (augmentation.version == 1) {
    cursor.skip(1);  // return address register
  } else {
    cursor.read_uleb128();
  }
  cursor.read_uleb128();  // length of the augmentation data
  const auto encoding = encoding_from_data(cursor, augmentation.letters.substr(1));
  return cursor.ok() ? encoding : std::nullopt;
}

class FdeWalk {
 public:
  FdeWalk(std::span<const uint8_t> eh_frame, uint64_t address)
      : eh_frame_(eh_frame), address_(address) {}

  std::vector<CodeRange> run() {
    size_t offset = 0;
    while (const auto next = visit(offset)) offset = *next;
    std::sort(ranges_.begin(), ranges_.end());
    return std::move(ranges_);
  }

 private:
  /// The offset of the entry after the one at `offset`; nullopt at the terminator or at damage.
  std::optional<size_t> visit(size_t offset) {
    ByteCursor cursor(eh_frame_, offset);
    uint64_t length = cursor.read<uint32_t>();
    if (length == kLongLength) length = cursor.read<uint64_t>();
    if (!cursor.ok() || length == 0 || length > cursor.left()) return std::nullopt;
    const size_t body = cursor.position();
    const auto cie_distance = cursor.read<uint32_t>();
    if (cie_distance != 0 && cie_distance <= body) add_range(cursor, body - cie_distance);
    return body + length;
  }

  void add_range(ByteCursor cursor, uint64_t cie_offset) {
    const auto encoding = encoding_of(cie_offset);
    if (!encoding) return;
    const auto start = read_pointer(cursor, *encoding, address_);
    if (!start) return;
    const auto size = read_formatted(cursor, *encoding);
    if (!size || *size == 0 || !cursor.ok() || *start + *size < *start) return;
    ranges_.push_back({*start, *start + *size});
  }

  std::optional<uint8_t> encoding_of(uint64_t cie_offset) {
    const auto [entry, is_new] = encodings_.try_emplace(cie_offset);
    if (is_new) entry->second = pointer_encoding(eh_frame_, cie_offset);
    return entry->second;
  }

  std::span<const uint8_t> eh_frame_;
  uint64_t address_;
  std::unordered_map<uint64_t, std::optional<uint8_t>> encodings_;
  std::vector<CodeRange> ranges_;
};

}  // namespace

std::vector<CodeRange> parse_fde_ranges(std::span<const uint8_t> eh_frame, uint64_t address) {
  return FdeWalk(eh_frame, address).run();
}

std::optional<uint64_t> parse_eh_frame_address(std::span<const uint8_t> eh_frame_hdr,
                                               uint64_t address) {
  ByteCursor cursor(eh_frame_hdr);
  const auto version = cursor.read<uint8_t>();
  const auto encoding = cursor.read<uint8_t>();
  cursor.skip(2);  // encodings of the search table, which is not needed here
  if (!cursor.ok() || version != 1) return std::nullopt;
  return read_pointer(cursor, encoding, address);
}

std::optional<CodeRange> range_at(const std::vector<CodeRange>& sorted, uint64_t address) {
  auto after = std::upper_bound(sorted.begin(), sorted.end(), CodeRange{address, UINT64_MAX});
  if (after == sorted.begin()) return std::nullopt;
  const CodeRange& range = *std::prev(after);
  if (address >= range.end) return std::nullopt;
  return range;
}

}  // namespace quarrel
