#include "warmgate/document/source.h"

#include <gtest/gtest.h>

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

TEST(SourceText, EmptyTextHasOneLine) {
  const SourceText source("f", "");
  EXPECT_EQ(source.line_count(), 1U);
  EXPECT_EQ(source.position(0), (Position{1, 1}));
}

}  // namespace
}  // namespace warmgate::document
