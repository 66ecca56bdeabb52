// JSON texts with places, and parse_json, the way of admission requests.
#include <gmock/gmock.h>

#include "reading.h"

namespace warmgate::document {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JsonText, SpansCoverExactlyTheValues) {
  const ReadResult result = read("\xEF\xBB\xBF {\"a\" : [ -1.5e3 ,true,\n\t\"é\\\"]\" ], \"b/c\":{\"d\":null} }\n");
  ASSERT_EQ(result.documents.size(), 1U);
  const Document& document = result.documents[0];
  const std::pair<const char*, const char*> rows[] = {
      {"/a/0", "-1.5e3"}, {"/a/1", "true"}, {"/a/2", "\"é\\\"]\""}, {"/b~1c/d", "null"}, {"/b~1c", "{\"d\":null}"},
  };
  for (const auto& [pointer, text] : rows) {
    EXPECT_EQ(excerpt(document, document.value_span(pointer)), text) << pointer;
  }
  EXPECT_EQ(excerpt(document, document.key_span("/b~1c")), "\"b/c\"");
  EXPECT_EQ(document.source()->position(document.value_span("/a/2")->begin), (Position{2, 2}));
  EXPECT_THAT(document.member_order(""), ElementsAre("a", "b/c"));
}

TEST(JsonText, NumbersKeepTheirType) {
  EXPECT_EQ(read_summary("[1, -1, 18446744073709551615, 1.0, 1e2]"), "[1,-1,18446744073709551615,1.0,100.0]\n");
}

TEST(JsonText, SeveralValuesAreSeveralDocuments) {
  EXPECT_EQ(read_summary("{\"a\":1}{\"b\":2}\n[3]\n"), "{\"a\":1}\n{\"b\":2}\n[3]\n");
  EXPECT_EQ(read_summary("{\"a\":1}\n---\n{\"b\":2}\n"), "{\"a\":1}\n{\"b\":2}\n") << "as YAML";
}

TEST(JsonText, DuplicateKeyIsReportedAndTheLastWins) {
  EXPECT_EQ(read_summary("{\"a\": {\"b\": 1,\n\"b\": 2}, \"a\": 3}"),
            "{\"a\":3}\n"
            "2:1 duplicate-key the key 'b' stands twice; the first is on line 1 and is ignored\n"
            "2:10 duplicate-key the key 'a' stands twice; the first is on line 1 and is ignored\n");
  const ReadResult result = read("{\"a\": 1, \"a\": {\"x\": 2}, \"a\": 3}");
  EXPECT_EQ(excerpt(result.documents[0], result.documents[0].value_span("/a")), "3");
  EXPECT_THAT(result.documents[0].member_order(""), ElementsAre("a"));
}

TEST(JsonText, FlowYamlIsReadWhereItIsNotJson) {
  EXPECT_EQ(read_summary("{a: b, c: [d]}\n"), "{\"a\":\"b\",\"c\":[\"d\"]}\n");
  EXPECT_EQ(read_summary("[a, b] # list\n"), "[\"a\",\"b\"]\n");
  EXPECT_EQ(read_summary("{\"a\": 1, # comment\n \"b\": 2,}\n"), "{\"a\":1,\"b\":2}\n");
}

TEST(JsonText, MistakesAreExplainedAtTheirPlace) {
  const std::pair<const char*, const char*> rows[] = {
      {"{\"a\": 1 \"b\": 2}", "1:9 unparsable expected ',' or '}' after the value\n"},
      {"{\"a\": 1,, \"b\": 2}", "1:9 unparsable expected a key in double quotes\n"},
      {"{\"a\" 1, \"b\": [}", "1:6 unparsable expected ':' after the key\n"},
      {"{\"a\": }}", "1:7 unparsable expected a value\n"},
      {"{\"a\": \"x", "1:7 unparsable a string is not closed\n"},
      {"{\"a\": \"x\\q\"}", "1:9 unparsable unknown escape in a string\n"},
      {"{\"a\": \"\\ud800\"}", "1:7 unparsable a string with a \\u escape that is no Unicode character\n"},
      {"{\"a\": {\"b\": 1}", "1:15 unparsable the text ends inside an object\n"},
      {"{\"a\": [1", "1:9 unparsable the text ends inside a list\n"},
      {"{\"a\": 01,}}", "1:8 unparsable expected ',' or '}' after the value\n"},
      {"{a: b", "1:6 unparsable expected ',' or '}' in the mapping that opens on line 1\n"},
  };
  for (const auto& [json, expected] : rows) {
    EXPECT_EQ(read_summary(json), expected) << json;
  }
  EXPECT_EQ(read_summary("{\"a\": 1}}"), "{\"a\":1}\n1:9 unparsable expected a value\n");
}

std::string parse_error(std::string_view text, const Limits& limits = {}) {
  const base::Result<Json> result = parse_json(text, limits);
  return result ? "read: " + result->dump() : result.error().message;
}

TEST(ParseJson, ReadsOneValueWithTheLastOfDuplicateKeys) {
  EXPECT_EQ(parse_error(" {\"a\": [1, {\"b\": null}], \"a\": \"é\\u0000\"}\n"), "read: {\"a\":\"é\\u0000\"}");
  EXPECT_EQ(parse_error("7"), "read: 7");
}

TEST(ParseJson, ErrorsNameTheByteAndWhatToDo) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "not acceptable JSON: expected a value at byte offset 0; the text is empty"},
      {"{} x", "not acceptable JSON: text behind the value at byte offset 3; send one JSON value and nothing else"},
      {"{}{}", "not acceptable JSON: text behind the value at byte offset 2; send one JSON value and nothing else"},
      {"{\"a\": \"\xC3\x28\"}", "not acceptable JSON: invalid UTF-8 at byte offset 7; send the text as UTF-8"},
      {"{\"a\":1,}", "not acceptable JSON: a comma without a value behind it at byte offset 6; remove the comma"},
      {"kind: Pod",
       "not acceptable JSON: expected a value at byte offset 0; a value is a string in double quotes, a "
       "number, true, false, null, {…} or […]"},
      {"[1e999]",
       "not acceptable JSON: a number that JSON cannot hold at byte offset 1; write it as a decimal number "
       "without leading zeros, or as a string"},
      {std::string("[\0]", 3),
       "not acceptable JSON: expected a value at byte offset 1; a value is a string in double "
       "quotes, a number, true, false, null, {…} or […]"},
  };
  for (const auto& [json, expected] : rows) {
    EXPECT_EQ(parse_error(json), expected) << json;
  }
}

TEST(ParseJson, DepthNodesAndBytesAreBounded) {
  EXPECT_EQ(
      parse_error(std::string(100'000, '[')),
      "not acceptable JSON: nested deeper than 200 levels at byte offset 200; no Kubernetes object is; flatten it or "
      "remove it");
  EXPECT_TRUE(parse_json(std::string(200, '[') + std::string(200, ']'), {}));
  EXPECT_FALSE(parse_json(std::string(201, '[') + std::string(201, ']'), {}));
  Limits limits;
  limits.max_nodes = 3;
  EXPECT_EQ(parse_error("[1,2]", limits), "read: [1,2]");
  EXPECT_THAT(parse_error("[1,2,3]", limits), HasSubstr("more than 3 values in one input at byte offset 5"));
  limits.max_bytes = 4;
  EXPECT_EQ(parse_error("[1,2]", limits), "the JSON text has 5 bytes; at most 4 are read");
}

TEST(ParseJson, TakesABodyOfSevenMebibytes) {
  std::string body = "[";
  while (body.size() < 7U * 1024 * 1024 - 64) {
    body += R"({"name":"A","value":"0123456789012345678901234567890123456789"},)";
  }
  body.back() = ']';
  EXPECT_TRUE(parse_json(body, {}));
}

TEST(ReadSingle, NamesFileLineAndColumn) {
  const auto error = [](const char* text) {
    const base::Result<Document> result = read_single(source_of(text), {});
    return result ? std::string("read") : result.error().message;
  };
  EXPECT_EQ(error("a: 1\n"), "read");
  EXPECT_EQ(error("# nothing\n"), "test.yaml:1:1: no document; expected exactly one");
  EXPECT_EQ(error("a: 1\n---\nb: 2\n"), "test.yaml:3:1: a second document; expected exactly one");
  EXPECT_EQ(error("a: 1\na: 2\n"),
            "test.yaml:2:1: the key 'a' stands twice; the first is on line 1 and is ignored; remove one of the two");
  EXPECT_EQ(error("a:\n\tb: 1\n"),
            "test.yaml:2:1: line starts with a tab; YAML indents with spaces; replace the tab by spaces");
}

}  // namespace
}  // namespace warmgate::document
