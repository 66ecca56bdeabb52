// Words inside strings, such as flags in `sh -c` scripts, in the source text.
#include <gtest/gtest.h>

#include "reading.h"

namespace warmgate::document {
namespace {

struct Row {
  const char* yaml;
  std::size_t offset;
  const char* word;      // the decoded text at the offset
  const char* found;     // what the span covers
  std::size_t column_0;  // bytes from the start of the text
};

class Substring : public testing::TestWithParam<Row> {};

TEST_P(Substring, IsFoundInTheSource) {
  const ReadResult result = read(GetParam().yaml);
  ASSERT_EQ(result.documents.size(), 1U);
  const Document& document = result.documents[0];
  const std::string decoded = document.value()["a"].get<std::string>();
  const std::string word = GetParam().word;
  ASSERT_EQ(decoded.substr(GetParam().offset, word.size()), word) << "the row itself";
  const std::optional<Span> span = document.substring_span("/a", GetParam().offset, word.size());
  EXPECT_EQ(excerpt(document, span), GetParam().found);
  EXPECT_EQ(span->begin, GetParam().column_0);
}

INSTANTIATE_TEST_SUITE_P(
    Exact, Substring,
    testing::Values(Row{"a: run x run\n", 6, "run", "run", 9}, Row{"a: 'it''s run'\n", 5, "run", "run", 10},
                    Row{"a: \"x run\"\n", 2, "run", "run", 6}, Row{"a: \"\\t run\"\n", 2, "run", "run", 7},
                    Row{"a: &n !!str x run\n", 2, "run", "run", 14}, Row{"a: one\n  two\n", 4, "two", "two", 9},
                    Row{"{\"a\": \"é run\"}\n", 3, "run", "run", 10},
                    Row{"a: >\n  one\n  two\n", 4, "two", "two", 13}));

INSTANTIATE_TEST_SUITE_P(LiteralBlock, Substring,
                         testing::Values(Row{"a: |\n  one\n  run\n", 4, "run", "run", 13},
                                         Row{"a: |-\n  |- |-\n", 3, "|-", "|-", 11},
                                         Row{"a: |\n\n  x\n   run\n", 4, "run", "run", 13},
                                         Row{"a: |\n  a b\n  c\n", 2, "b\nc", "b\n  c", 9},
                                         Row{"a: |2 # c\n   x\n  y\n", 3, "y", "y", 17},
                                         Row{"a: |\r\n  one\r\n  run\r\n", 4, "run", "run", 15}));

INSTANTIATE_TEST_SUITE_P(WholeValueWhereItCannotBeTold, Substring,
                         testing::Values(Row{"a: \"\\x72un run\"\n", 4, "run", "\"\\x72un run\"", 3},
                                         Row{"a: >\n  one\n  two\n", 2, "e t", ">\n  one\n  two", 3},
                                         Row{"a: one\n", 1, "", "one", 3}));

TEST(SubstringEdge, OutsideTheStringOrNoStringIsTheWholeValue) {
  const ReadResult result = read("a: text\nb: 5\nc: &x word\nd: *x\n");
  const Document& document = result.documents[0];
  EXPECT_EQ(excerpt(document, document.substring_span("/a", 2, 9)), "text");
  EXPECT_EQ(excerpt(document, document.substring_span("/a", 9, 1)), "text");
  EXPECT_EQ(excerpt(document, document.substring_span("/b", 0, 1)), "5");
  EXPECT_EQ(excerpt(document, document.substring_span("/d", 0, 2)), "*x");
}

}  // namespace
}  // namespace warmgate::document
