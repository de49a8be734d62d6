// How does untrusted text become harmless HTML, and which script may run beside it?
#include "report/html_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sha256.h"

namespace quarrel {
namespace {

int hex_digit(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

std::string hash_source(std::string_view text) {
  const std::string hex = sha256_hex(text);
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(hex_digit(hex[i]) * 16 + hex_digit(hex[i + 1]));
  return fmt::format("'sha256-{}'", base64(bytes));
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        if (byte < 0x20 || byte == 0x7f)
          escaped += c == '\n' ? std::string("\n") : fmt::format("\\x{:02x}", byte);
        else
          escaped += c;
    }
  }
  return escaped;
}

std::string element(std::string_view tag, std::string_view attributes, std::string_view content) {
  return fmt::format("<{}{}{}>{}</{}>", tag, attributes.empty() ? "" : " ", attributes, content,
                     tag);
}

std::string content_security_policy(std::string_view style, std::string_view script) {
  return fmt::format(
      "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
      hash_source(style), hash_source(script));
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= have ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

HtmlTable::HtmlTable(std::string caption, std::vector<Column> columns, std::string attributes)
    : caption_(std::move(caption)),
      columns_(std::move(columns)),
      attributes_(std::move(attributes)) {}

void HtmlTable::add(const std::vector<std::string>& cells, std::string_view attributes) {
  std::string row;
  for (size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
    const std::string_view kind = columns_[i].is_number ? "class=\"num\"" : "";
    row += i == 0 ? element("th", fmt::format("scope=\"row\" {}", kind), cells[i])
                  : element("td", kind, cells[i]);
  }
  body_ += element("tr", attributes, row) + "\n";
}

std::string HtmlTable::render() const {
  std::string head;
  for (const Column& column : columns_)
    head += column.title.empty()
                ? "<td></td>"
                : element("th", column.is_number ? "scope=\"col\" class=\"num\"" : "scope=\"col\"",
                          escape_html(column.title));
  return "<div class=\"scroll\">" +
         element("table", attributes_,
                 element("caption", "", escape_html(caption_)) +
                     element("thead", "", element("tr", "", head)) + "\n" +
                     element("tbody", "", "\n" + body_)) +
         "</div>\n";
}

std::string html_bar(double share, std::string_view kind) {
  const double width = std::clamp(share, 0.0, 1.0) * 100;
  return fmt::format(
      "<svg class=\"bar {}\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"6\" rx=\"1\"/>"
      "<rect class=\"fill\" width=\"{:.1f}\" height=\"6\" rx=\"1\"/></svg>",
      kind, width);
}

}  // namespace quarrel
