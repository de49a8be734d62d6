// How is untrusted text laid out in 100 ASCII columns?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

inline constexpr size_t kTextColumns = 100;

/// Printable ASCII only: other bytes become \xNN, so that a name from the target can neither break
/// a table nor drive the terminal.
std::string to_ascii(std::string_view text);

/// Wraps to kTextColumns at spaces (a longer word is broken). Continuation lines are indented by
/// `hang`. Ends with a newline. `text` is made ASCII.
std::string wrap(std::string_view text, size_t indent, size_t hang);

/// Keeps both ends of a name that is too long: "src/very...long.cc:12".
std::string shorten(std::string_view text, size_t columns);

/// Keeps the file's name: ".../rate_limiter/rate_limiter.cc:62".
std::string shorten_path(std::string_view path, size_t columns);

/// Keeps the last component; template arguments give way first: "std::map<...>::find".
std::string shorten_function(std::string_view name, size_t columns);

/// A table with right-aligned numbers, each row at most kTextColumns wide: the widest left-aligned
/// column is shortened if need be, in the way of its kind. The text of a note column, which must be
/// the last, is never shortened: if one does not fit into its row, all stand on lines of their own.
class TextTable {
 public:
  enum class Kind : uint8_t { kName, kNumber, kPath, kFunction, kNote };
  struct Column {
    Column(std::string name, bool is_number = false)
        : title(std::move(name)), kind(is_number ? Kind::kNumber : Kind::kName) {}
    Column(std::string name, Kind how) : title(std::move(name)), kind(how) {}

    std::string title;
    Kind kind;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells);
  bool is_empty() const { return rows_.empty(); }
  std::string render(size_t indent) const;

 private:
  bool has_notes() const { return columns_.back().kind == Kind::kNote; }
  std::vector<size_t> widths(size_t indent, size_t count) const;
  std::string render_row(const std::vector<std::string>& cells, const std::vector<size_t>& widths,
                         size_t indent) const;
  bool do_notes_fit(const std::vector<size_t>& widths, size_t indent) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace quarrel
