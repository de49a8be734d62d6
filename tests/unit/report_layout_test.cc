// Does untrusted text stay within its columns, its page and its policy?
#include <gtest/gtest.h>

#include "report/format.h"
#include "report/html_text.h"
#include "report/line_map.h"
#include "report/summary.h"
#include "report/text_layout.h"
#include "report/words.h"

namespace quarrel {
namespace {

TEST(Formats, AreTheseSix) {
  std::vector<std::string> names;
  for (const Format& format : FormatRegistry::all()) names.emplace_back(format.name);
  for (const char* name : {"clang", "html", "json", "markdown", "sarif", "text"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
}

TEST(TextLayout, MakesTerminalEscapesVisible) {
  EXPECT_EQ(to_ascii("a\x1b[31m\n\xc3\xa9"), "a\\x1b[31m\\x0a\\xc3\\xa9");
}

TEST(TextLayout, WrapsAtTheLastColumnAndBreaksLongWords) {
  const std::string text = wrap(std::string(250, 'x') + " y", 2, 4);
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    EXPECT_LE(end - begin, kTextColumns);
  EXPECT_EQ(std::count(text.begin(), text.end(), 'x'), 250);
}

TEST(TextLayout, ShortensOnlyWhatIsTooLong) {
  EXPECT_EQ(shorten("exactly-10", 10), "exactly-10");
  EXPECT_EQ(shorten("abcdefghijk", 10), "abcd...ijk");
}

TEST(TextTable, ShortensNamesButNeverNumbers) {
  TextTable table({{"name"}, {"count", true}});
  table.add({std::string(300, 'n'), "123,456,789"});
  const std::string text = table.render(2);
  EXPECT_NE(text.find("123,456,789"), std::string::npos);
  EXPECT_LE(text.size() - text.find('\n') - 2, kTextColumns);
}

TEST(HtmlText, EscapesWhateverCouldEndItsPlace) {
  EXPECT_EQ(escape_html("<a b='c' d=\"e\">&\x01"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;\\x01");
}

TEST(HtmlText, EncodesBase64WithPadding) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Words, KeepThreeDigitsOfARate) {
  EXPECT_EQ(format_rate(1234.4), "1,234");
  EXPECT_EQ(format_rate(12.34), "12.3");
  EXPECT_EQ(format_rate(0), "0");
  EXPECT_EQ(format_cost({12.34, Bound::kUpper}), "<= 12.3");
  EXPECT_EQ(format_count(1204000), "1,204,000");
}

// Only of what may be a lock, and not of all.
TEST(Totals, NameTheFutexesThatNobodyJudges) {
  Diagnosis diagnosis;
  diagnosis.totals.idle = {{"condition variable", 1, 1, 50, {{"Queue::ready_", {}, 1, 50}}},
                           {"other", 4, 9, 10, {}}};
  for (const char* name : {"a", "b", "c", "d"})
    diagnosis.totals.idle[1].named.push_back({name, {}, 2, 2.5});
  const std::vector<TotalLine> lines = total_lines(diagnosis);
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[3].name, "idle, not contention: condition variable (1 object, 1 wait)");
  EXPECT_EQ(lines[4].name, "unjudged, a lock or an event: futex (4 objects, 9 waits)");
  EXPECT_EQ(lines[5].name, "a");
  EXPECT_EQ(lines[7].name, "c");
  EXPECT_EQ(lines[7].depth, 1u);
}

TEST(LineMap, MarksWhoReadsAndWritesWhichBytes) {
  Finding finding;
  finding.subject.fields = {{"a", 0, 8, {1}, {1, 2}, 5}, {"b", 60, 100, {2}, {}, 5}};
  const LineMap map = map_line(finding, 64);
  ASSERT_EQ(map.rows.size(), 2u);
  EXPECT_EQ(map.rows[0].cells[0], CellUse::kReadWrite);
  EXPECT_EQ(map.rows[1].cells[7], CellUse::kWrite);
  EXPECT_EQ(map.rows[1].cells[63], CellUse::kRead);
  EXPECT_EQ(map.rows[0].cells[8], CellUse::kNone);
  EXPECT_EQ(map.field_of_cell[8], -1);
}

TEST(LineMap, IgnoresFieldsBeyondTheLine) {
  Finding finding;
  finding.subject.fields = {{"far", 1 << 20, 8, {1}, {1}, 5}};
  EXPECT_EQ(map_line(finding, 64).rows[0].cells[63], CellUse::kNone);
}

TEST(LineMap, MergesBytesIntoCellsOnALongLine) {
  Finding finding;
  finding.subject.fields = {{"a", 127, 1, {}, {1}, 5}};
  const LineMap map = map_line(finding, 128);
  EXPECT_EQ(map.cell_bytes, 2u);
  EXPECT_EQ(map.rows[0].cells[63], CellUse::kWrite);
}

}  // namespace
}  // namespace quarrel
