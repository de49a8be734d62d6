// Which entries does the unwind table of a file have, and which instructions?
#include "resolve/eh_frame.h"

#include <dwarf.h>

#include <string>
#include <string_view>
#include <unordered_map>

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

std::string read_text(ByteCursor& cursor) {
  std::string text;
  for (auto letter = cursor.read<uint8_t>(); letter != 0 && cursor.ok();
       letter = cursor.read<uint8_t>())
    text.push_back(static_cast<char>(letter));
  return text;
}

/// The letters after 'z' describe the augmentation data in order.
bool read_augmentation(ByteCursor& cursor, std::string_view letters, CommonEntry& entry) {
  for (const char letter : letters) {
    if (letter == 'R') entry.pointer_encoding = cursor.read<uint8_t>();
    if (letter == 'S') entry.is_signal_frame = true;
    if (letter == 'L') cursor.skip(1);
    if (letter == 'P' && !read_formatted(cursor, cursor.read<uint8_t>())) return false;
  }
  return cursor.ok();
}

/// The part of a CIE behind its id.
bool read_common(ByteCursor& cursor, CommonEntry& entry) {
  const auto version = cursor.read<uint8_t>();
  const std::string augmentation = read_text(cursor);
  if (!augmentation.empty() && augmentation[0] != 'z') return false;
  entry.code_factor = cursor.read_uleb128();
  entry.data_factor = cursor.read_sleb128();
  entry.return_register = version == 1 ? cursor.read<uint8_t>() : cursor.read_uleb128();
  entry.has_augmentation = !augmentation.empty();
  if (entry.has_augmentation) {
    ByteCursor data = cursor.take_block(cursor.read_uleb128());
    if (!read_augmentation(data, std::string_view(augmentation).substr(1), entry)) return false;
  }
  entry.instructions = cursor;
  return cursor.ok();
}

class Walk {
 public:
  Walk(std::span<const uint8_t> eh_frame, uint64_t address, const FunctionVisitor& visit)
      : eh_frame_(eh_frame), address_(address), visit_(visit) {}

  void run() {
    size_t offset = 0;
    while (const auto next = visit_entry(offset)) offset = *next;
  }

 private:
  /// The offset of the entry after the one at `offset`; nullopt at the terminator or at damage.
  std::optional<size_t> visit_entry(size_t offset) {
    auto body = entry_at(offset);
    if (!body) return std::nullopt;
    const size_t start = body->position();
    const size_t end = start + body->left();
    const auto cie_distance = body->read<uint32_t>();
    if (cie_distance != 0 && cie_distance <= start) visit_function(*body, start - cie_distance);
    return end;
  }

  std::optional<ByteCursor> entry_at(size_t offset) const {
    ByteCursor cursor(eh_frame_, offset);
    uint64_t length = cursor.read<uint32_t>();
    if (length == kLongLength) length = cursor.read<uint64_t>();
    if (!cursor.ok() || length == 0 || length > cursor.left()) return std::nullopt;
    return cursor.take_block(length);
  }

  void visit_function(ByteCursor cursor, uint64_t cie_offset) {
    const CommonEntry* common = common_at(cie_offset);
    if (common == nullptr) return;
    const auto start = read_code_pointer(cursor, common->pointer_encoding, address_);
    if (!start) return;
    const auto size = read_formatted(cursor, common->pointer_encoding);
    if (!size || *size == 0 || *start + *size < *start) return;
    if (common->has_augmentation) cursor.skip(cursor.read_uleb128());
    if (cursor.ok()) visit_(*common, {{*start, *start + *size}, cursor});
  }

  /// Null if there is no sound CIE at that place.
  const CommonEntry* common_at(uint64_t offset) {
    const auto [place, is_new] = common_.try_emplace(offset);
    if (is_new) place->second = read_common_at(offset);
    return place->second ? &*place->second : nullptr;
  }

  std::optional<CommonEntry> read_common_at(uint64_t offset) {
    auto body = entry_at(offset);
    if (!body || body->read<uint32_t>() != 0) return std::nullopt;
    CommonEntry entry;
    entry.offset = offset;
    if (!read_common(*body, entry)) return std::nullopt;
    return entry;
  }

  std::span<const uint8_t> eh_frame_;
  uint64_t address_;
  const FunctionVisitor& visit_;
  std::unordered_map<uint64_t, std::optional<CommonEntry>> common_;
};

}  // namespace

std::optional<uint64_t> read_code_pointer(ByteCursor& cursor, uint8_t encoding, uint64_t section) {
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

void visit_functions(std::span<const uint8_t> eh_frame, uint64_t address,
                     const FunctionVisitor& visit) {
  Walk(eh_frame, address, visit).run();
}

}  // namespace quarrel
