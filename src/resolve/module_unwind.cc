// What does one file say about unwinding its code?
#include "resolve/module_unwind.h"

#include <algorithm>

#include "model/capture.h"
#include "resolve/fde_ranges.h"
#include "resolve/go_program.h"
#include "resolve/go_unwind.h"

namespace quarrel {
namespace {

/// Far above the largest .eh_frame known (browsers: 40 MB); bounds what a forged file can cost.
constexpr uint64_t kMaxUnwindBytes = 256u << 20;
constexpr uint64_t kHeaderBytes = 16;
/// Stubs stand together; code without unwind information that is longer is something else.
constexpr uint64_t kMaxStubBytes = 64u << 10;
constexpr uint64_t kStubAlignment = 8;
constexpr uint64_t kJumpBytes = 6;

constexpr UnwindRule kStub{
    .cfa_base = CfaBase::kRegister, .cfa_register = kRsp, .return_offset = -8, .cfa_offset = 8};

bool has_prefix(std::span<const uint8_t> code, std::initializer_list<uint8_t> prefix) {
  return code.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), code.begin());
}

/// Bytes of the stub at the start of `code`; 0 if there is none.
uint64_t stub_bytes(std::span<const uint8_t> code) {
  const uint64_t landing = has_prefix(code, {0xf3, 0x0f, 0x1e, 0xfa}) ? 4 : 0;
  const uint64_t bound = has_prefix(code.subspan(landing), {0xf2}) ? 1 : 0;
  const auto jump = code.subspan(landing + bound);
  const bool is_jump = has_prefix(jump, {0xff, 0x25}) && jump.size() >= kJumpBytes;
  return is_jump ? landing + bound + kJumpBytes : 0;
}

/// Of the executable segments, what nothing describes.
std::vector<CodeRange> undescribed_code(const ElfFile& file, const std::vector<CodeRange>& known) {
  std::vector<CodeRange> gaps;
  const auto add = [&](uint64_t start, uint64_t end) {
    if (start < end && end - start >= kJumpBytes && end - start <= kMaxStubBytes)
      gaps.push_back({start, end});
  };
  for (const LoadSegment& segment : file.segments()) {
    if (!segment.is_executable) continue;
    const uint64_t segment_end = segment.virtual_address + segment.file_size;
    uint64_t end = segment.virtual_address;
    auto range = std::lower_bound(known.begin(), known.end(), CodeRange{end, 0});
    for (; range != known.end() && range->start < segment_end; ++range) {
      add(end, range->start);
      end = std::max(end, range->end);
    }
    add(end, segment_end);
  }
  return gaps;
}

/// Static programs have no program header for it, files without section headers have no sections.
std::optional<SectionRange> find_eh_frame(const ElfFile& file) {
  if (const auto section = file.section(".eh_frame")) return section;
  const uint64_t header = file.eh_frame_header();
  if (header == 0) return std::nullopt;
  const auto address = parse_eh_frame_address(file.read(header, kHeaderBytes), header);
  if (!address) return std::nullopt;
  return SectionRange{*address, kMaxUnwindBytes};
}

std::vector<RuledCode> undescribed_go_code(const ElfFile& file,
                                           const std::vector<CodeRange>& described) {
  const auto table = read_go_table(file);
  if (!table) return {};
  std::vector<RuledCode> code = go_unwind_rules(*table);
  std::erase_if(
      code, [&](const RuledCode& one) { return range_at(described, one.range.start).has_value(); });
  return code;
}

/// What stands in the gaps between `described` code.
void append_stubs(const ElfFile& file, const std::vector<CodeRange>& described,
                  std::vector<RuledCode>& code) {
  for (const CodeRange& gap : undescribed_code(file, described)) {
    const auto found = find_jump_stubs(file.read(gap.start, gap.end - gap.start), gap.start);
    code.insert(code.end(), found.begin(), found.end());
  }
}

}  // namespace

std::vector<RuledCode> find_jump_stubs(std::span<const uint8_t> code, uint64_t address) {
  std::vector<RuledCode> stubs;
  const uint64_t skipped = (kStubAlignment - address % kStubAlignment) % kStubAlignment;
  for (uint64_t place = skipped; place < code.size(); place += kStubAlignment) {
    const uint64_t start = address + place;
    if (!stubs.empty() && start < stubs.back().range.end) continue;
    if (const uint64_t size = stub_bytes(code.subspan(place)); size != 0)
      stubs.push_back({{start, start + size}, kStub});
  }
  return stubs;
}

UnwindTable read_unwind_table(const ElfFile& file) {
  const auto place = find_eh_frame(file);
  const uint64_t address = place ? place->address : 0;
  const auto eh_frame =
      place ? file.read(address, std::min(place->size, kMaxUnwindBytes)) : std::vector<uint8_t>{};
  std::vector<CodeRange> described = parse_fde_ranges(eh_frame, address);
  std::vector<RuledCode> others = undescribed_go_code(file, described);
  for (const RuledCode& code : others) described.push_back(code.range);
  std::sort(described.begin(), described.end());
  if (place) append_stubs(file, described, others);
  return build_unwind_table(eh_frame, address, others);
}

}  // namespace quarrel
