// YAML structure: streams, aliases, merge keys, duplicate keys, and the place of every node.
#include <gmock/gmock.h>

#include "reading.h"

namespace warmgate::document {
namespace {

using ::testing::ElementsAre;

TEST(YamlStream, EmptyDocumentsAreLeftOut) {
  EXPECT_EQ(read_summary("---\n---\n# nothing\n---\na: 1\n---\n~\n...\n"), "{\"a\":1}\n");
  EXPECT_EQ(read_summary(""), "");
  EXPECT_EQ(read_summary("# only a comment\n"), "");
}

TEST(YamlStream, DocumentsBeforeAnErrorAreKept) {
  EXPECT_EQ(read_summary("a: 1\n---\nb: [1\n---\nc: 1\n"),
            "{\"a\":1}\n4:1 unparsable expected ',' or ']' in the list that opens on line 3\n");
}

TEST(YamlStream, ReadsCrLfAndByteOrderMark) {
  EXPECT_EQ(read_summary("\xEF\xBB\xBF"
                         "a: 1\r\nb:\r\n- x\r\n"),
            "{\"a\":1,\"b\":[\"x\"]}\n");
}

TEST(YamlAlias, RepeatsTheAnchoredValue) {
  EXPECT_EQ(read_summary("a: &x {b: [1]}\nc: *x\nd: &y t\n*y : *y\n"),
            "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]},\"d\":\"t\",\"t\":\"t\"}\n");
}

TEST(YamlAlias, ALaterAnchorOfTheSameNameWins) { EXPECT_EQ(read_summary("[&x 1, &x 2, *x]"), "[1,2,2]\n"); }

TEST(YamlAlias, WithoutOrInsideItsAnchorIsAProblem) {
  EXPECT_EQ(read_summary("a: *x\n"), "1:4 unparsable the alias '*x' has no anchor above it\n");
  EXPECT_EQ(read_summary("a: &x [*x]\n"), "1:8 unparsable the alias '*x' stands inside its own anchor\n");
  EXPECT_EQ(read_summary("a: &x 1\n---\nb: *x\n"), "{\"a\":1}\n3:4 unparsable the alias '*x' has no anchor above it\n")
      << "anchors end with their document";
}

// Precedence as measured with sigs.k8s.io/yaml v1.4.0: the order of the text decides, "<<" included.
TEST(YamlMerge, HasThePrecedenceOfKubectl) {
  const std::pair<const char*, const char*> rows[] = {
      {"b: 1\n<<: {b: 2, c: 3}\nc: 4\n", R"({"b":2,"c":4})"},
      {"<<: {b: 2}\nb: 3\n", R"({"b":3})"},
      {"b: 1\n<<: [{b: 2, c: 3}, {c: 5, d: 6}]\n", R"({"b":2,"c":3,"d":6})"},
      {"p: &x {a: 1}\nq: {<<: *x, b: 2}\n", R"({"p":{"a":1},"q":{"a":1,"b":2}})"},
      {"p: &x {a: 1}\nq: &q {<<: *x}\nr: {<<: [*q, {c: 3}]}\n", R"({"p":{"a":1},"q":{"a":1},"r":{"a":1,"c":3}})"},
      {"<<: [&a {k: 1}, *a]\n", R"({"k":1})"},
      {"\"<<\": {a: 1}\n", R"({"<<":{"a":1}})"},
      {"!!merge <<: {a: 1}\n", R"({"a":1})"},
  };
  for (const auto& [yaml, json] : rows) {
    EXPECT_EQ(read_summary(yaml), std::string(json) + "\n") << yaml;
  }
}

TEST(YamlMerge, TakesOnlyMappings) {
  for (const char* yaml : {"<<: 1\n", "<<: null\n", "<<: [1]\n", "x: &x [{a: 1}]\n<<: *x\n"}) {
    EXPECT_THAT(read_summary(yaml), testing::HasSubstr("unparsable '<<' merges only mappings, or a list of them"))
        << yaml;
  }
}

TEST(YamlDuplicateKey, TheLastWinsAndTheLaterKeyIsReported) {
  EXPECT_EQ(read_summary("a: 1\nb: 2\n'a': 3\nx:\n  c: 1\n  c: 2\n"),
            "{\"a\":3,\"b\":2,\"x\":{\"c\":2}}\n"
            "3:1 duplicate-key the key 'a' stands twice; the first is on line 1 and is ignored\n"
            "6:3 duplicate-key the key 'c' stands twice; the first is on line 5 and is ignored\n");
}

TEST(YamlDuplicateKey, OverridingAMergedKeyIsNone) {
  EXPECT_EQ(read_summary("<<: {a: 1}\na: 2\n<<: {a: 3}\n"), "{\"a\":3}\n");
}

TEST(YamlDuplicateKey, IsReportedOnceHoweverOftenItsAnchorIsRepeated) {
  EXPECT_EQ(read("x: &x {a: 1, a: 2}\ny: *x\nz: {<<: *x}\n").problems.size(), 1U);
}

TEST(YamlDuplicateKey, TheHundredthReportIsTheLast) {
  std::string yaml;
  for (int i = 0; i < 300; ++i) {
    yaml += "a: 1\n";
  }
  const ReadResult result = read(yaml);
  ASSERT_EQ(result.problems.size(), 100U);
  EXPECT_THAT(result.problems.back().message, testing::EndsWith("(further duplicate keys are not listed)"));
}

constexpr const char* kPod = R"(# comment
metadata: {name: x,  labels: {}}   # flow
spec:
  containers:
  - name: &n "main"
    args: [--a, '--b']
    # between

    image: !!str foo/bar:1   # tail
  # behind
  - name: *n
  note: |
    one
    two

  last:
)";

TEST(YamlSpan, CoversExactlyTheValue) {
  const ReadResult result = read(kPod);
  ASSERT_EQ(result.documents.size(), 1U);
  const Document& pod = result.documents[0];
  const std::pair<const char*, const char*> rows[] = {
      {"/metadata", "{name: x,  labels: {}}"},
      {"/metadata/labels", "{}"},
      {"/spec/containers/0/name", "\"main\""},
      {"/spec/containers/0/args/1", "'--b'"},
      {"/spec/containers/0/image", "foo/bar:1"},
      {"/spec/containers/1", "name: *n"},
      {"/spec/containers/1/name", "*n"},
      {"/spec/note", "|\n    one\n    two"},
      {"/spec/last", ""},
  };
  for (const auto& [pointer, text] : rows) {
    EXPECT_EQ(excerpt(pod, pod.value_span(pointer)), text) << pointer;
  }
  EXPECT_THAT(excerpt(pod, pod.value_span("/spec/containers/0")), testing::EndsWith("foo/bar:1"));
  EXPECT_EQ(pod.source()->position(pod.value_span("/spec/last")->begin), (Position{16, 8}));
  EXPECT_EQ(excerpt(pod, pod.key_span("/spec/containers/0/image")), "image");
  EXPECT_EQ(excerpt(pod, pod.key_span("/spec/containers/0/args/0")), "--a");
  EXPECT_EQ(excerpt(pod, pod.value_span("/metadata/missing/deeper")), "{name: x,  labels: {}}") << "nearest ancestor";
  EXPECT_EQ(excerpt(pod, pod.value_span("/metadata/name/x")), "x");
}

TEST(YamlSpan, IsInBytesBehindAnyCharacter) {
  // libyaml counts code points and takes NEL and LS for line breaks.
  const ReadResult result = read("\xEF\xBB\xBF# é😀\r\na: \"é\xC2\x85\xE2\x80\xA8😀\"\r\nb: [ü, target]\r\n");
  ASSERT_EQ(result.documents.size(), 1U);
  const Document& document = result.documents[0];
  EXPECT_EQ(excerpt(document, document.value_span("/b/1")), "target");
  EXPECT_EQ(document.source()->position(document.value_span("/b/1")->begin), (Position{3, 8}));
}

TEST(YamlSpan, IsRightBehindManyCheckpoints) {
  std::string yaml = "a: ";
  for (int i = 0; i < 5000; ++i) {
    yaml += "é";
  }
  const ReadResult result = read(yaml + "\nb: target\n");
  EXPECT_EQ(excerpt(result.documents[0], result.documents[0].value_span("/b")), "target");
}

TEST(YamlSpan, OfAliasedAndMergedMembersIsAtTheAnchor) {
  const ReadResult result = read("p: &x {a: one, b: two}\nq: *x\nz:\n  <<: *x\n  b: three\n");
  const Document& document = result.documents[0];
  EXPECT_EQ(excerpt(document, document.value_span("/q")), "*x");
  EXPECT_EQ(excerpt(document, document.value_span("/q/a")), "one");
  EXPECT_EQ(document.value_span("/z/a"), document.value_span("/p/a"));
  EXPECT_EQ(excerpt(document, document.value_span("/z/b")), "three");
  EXPECT_THAT(document.member_order("/z"), ElementsAre("a", "b"));
}

TEST(YamlSpan, OfADuplicateKeyIsThatOfTheLast) {
  const ReadResult result = read("a: one\nb: x\na: two\n");
  EXPECT_EQ(excerpt(result.documents[0], result.documents[0].value_span("/a")), "two");
  EXPECT_THAT(result.documents[0].member_order(""), ElementsAre("b", "a"));
}

TEST(DocumentWithoutText, HasNoSpans) {
  const Document document(Json::parse(R"({"a": 1})"));
  EXPECT_EQ(document.source(), nullptr);
  EXPECT_FALSE(document.value_span("/a"));
  EXPECT_FALSE(document.key_span("/a"));
  EXPECT_FALSE(document.substring_span("/a", 0, 1));
  EXPECT_THAT(document.member_order(""), ElementsAre());
}

}  // namespace
}  // namespace warmgate::document
