// How does untrusted text become harmless HTML, and which script may run beside it?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

/// For element content and for attribute values in double quotes. Control characters become
/// visible escapes.
std::string escape_html(std::string_view text);

/// `<tag attributes>content</tag>`; `content` is HTML already, `attributes` too.
std::string element(std::string_view tag, std::string_view attributes, std::string_view content);

/// A policy under which only this style and this script may run and nothing may be loaded.
std::string content_security_policy(std::string_view style, std::string_view script);

/// RFC 4648, section 4.
std::string base64(std::string_view bytes);

/// A table row by row; headings are text, cells are HTML.
class HtmlTable {
 public:
  struct Column {
    std::string title;
    bool is_number = false;
  };

  HtmlTable(std::string caption, std::vector<Column> columns, std::string attributes = "");

  /// The first cell is the row's heading. `attributes` go to the row.
  void add(const std::vector<std::string>& cells, std::string_view attributes = "");
  bool is_empty() const { return body_.empty(); }
  std::string render() const;

 private:
  std::string caption_;
  std::vector<Column> columns_;
  std::string attributes_;
  std::string body_;
};

/// A bar of that share (0..1) of its track; decoration beside a number, hidden from readers.
std::string html_bar(double share, std::string_view kind);

}  // namespace quarrel
