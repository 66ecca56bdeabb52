#include "warmgate/document/source.h"

#include <gtest/gtest.h>

#include "warmgate/base/text.h"

namespace warmgate::document {
namespace {

TEST(SourceText, LinesEndAtEveryKindOfLineBreak) {
  const SourceText source("f", "a\nb\r\nc\rd\n");
  ASSERT_EQ(source.line_count(), 5U);
  EXPECT_EQ(source.line(1), "a");
  EXPECT_EQ(source.line(2), "b");
  EXPECT_EQ(source.line(3), "c");
  EXPECT_EQ(source.line(4), "d");
  EXPECT_EQ(source.line(5), "");
  EXPECT_EQ(source.line(0), "");
  EXPECT_EQ(source.line(6), "");
}

TEST(SourceText, ColumnsCountCodePoints) {
  const SourceText source("f", "x\né😀z");
  const std::size_t z = source.text().find('z');
  EXPECT_EQ(source.position(z), (Position{2, 3}));
  EXPECT_EQ(source.position(0), (Position{1, 1}));
  EXPECT_EQ(source.position(1), (Position{1, 2}));
  EXPECT_EQ(source.position(source.text().size()), (Position{2, 4}));
  EXPECT_EQ(source.position(9999), (Position{2, 4})) << "behind the end";
}

TEST(SourceText, ByteOrderMarkHasNoColumn) {
  const SourceText source("f",
                          "\xEF\xBB\xBF"
                          "ab");
  EXPECT_EQ(source.position(3), (Position{1, 1}));
  EXPECT_EQ(source.position(0), (Position{1, 1}));
  EXPECT_EQ(source.position(4), (Position{1, 2}));
}

// Every place of long lines, counted from the line's start, and the way back. Characters of one to four bytes and tabs
// (one column each) stand across every border of the index inside.
TEST(SourceText, PlacesInLongLinesAreExactBothWays) {
  const std::string unit = "a\t\xC3\xA4\xE6\xA8\xA1\xF0\x9F\x98\x80";  // 1, 1, 2, 3 and 4 bytes
  std::string mixed;
  while (mixed.size() < 5000) {
    mixed += unit;
  }
  std::string tabs(3000, 'a');
  tabs += '\n';
  tabs.append(3000, '\t');
  std::string lines = "x\n\xC3\xA4\r\n";
  lines.append(mixed).append("\r\n").append(mixed);
  const std::string marked = "\xEF\xBB\xBF" + mixed;
  for (const std::string& text : {mixed, marked, lines, tabs, mixed.substr(0, 1024)}) {
    const SourceText source("f", text);
    std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    std::size_t line = 1;
    for (std::size_t at = start; at <= text.size(); ++at) {
      const std::size_t column = base::count_code_points(std::string_view(text).substr(start, at - start)) + 1;
      ASSERT_EQ(source.position(at), (Position{line, column})) << at;
      const bool begins = at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
      const bool ends_line = at > 0 && text[at - 1] == '\r';
      if (begins && !ends_line) {
        ASSERT_EQ(source.offset({line, column}), at);
      }
      if (at < text.size() && text[at] == '\n') {
        start = at + 1;
        ++line;
      }
    }
    EXPECT_EQ(source.offset({line, 1'000'000}), text.size()) << "behind the end of the line";
    EXPECT_EQ(source.offset({line + 1, 1}), text.size()) << "no such line";
  }
}

TEST(SourceText, EmptyTextHasOneLine) {
  const SourceText source("f", "");
  EXPECT_EQ(source.line_count(), 1U);
  EXPECT_EQ(source.position(0), (Position{1, 1}));
}

}  // namespace
}  // namespace warmgate::document
