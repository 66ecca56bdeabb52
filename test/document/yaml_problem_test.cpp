// Input that is no good: each mistake gives a clear message at its place, and no input is too much.
#include <gmock/gmock.h>

#include <algorithm>

#include "reading.h"

namespace warmgate::document {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Unparsable, SaysWhatAPersonCanMend) {
  const std::pair<const char*, const char*> rows[] = {
      {"a:\n\tb: 1\n", "2:1 unparsable line starts with a tab; YAML indents with spaces\n"},
      {"a:\n  b: 1\n  \tc: d\n", "3:3 unparsable tab in the indentation; YAML indents with spaces\n"},
      {"a: \"x\nb: c\n", "1:4 unparsable a quoted string is not closed\n"},
      {"a: 'x\n", "1:4 unparsable a quoted string is not closed\n"},
      {"a: \"\\d\"\n", "1:5 unparsable unknown escape in a double-quoted string\n"},
      {"a: [1, 2\nb: c\n", "2:2 unparsable expected ',' or ']' in the list that opens on line 1\n"},
      {"a: {b: c\n", "2:1 unparsable expected ',' or '}' in the mapping that opens on line 1\n"},
      {"a: b: c\n", "1:5 unparsable a ':' where no key can be\n"},
      {"k:\n  - a\n - b\n", "3:2 unparsable expected a 'key: value' that is aligned with the keys above it\n"},
      {"a: 'b' c\n", "1:8 unparsable text behind the value\n"},
      {"a: @b\n", "1:4 unparsable a value cannot start with '@'\n"},
      {"a: - b\n", "1:4 unparsable a '-' list item cannot stand here\n"},
      {"a: * b\n", "1:4 unparsable a value that starts with '*' is an alias and needs a name\n"},
      {"a: |x\n  y\n", "1:5 unparsable nothing but a comment may follow '|' or '>' on its line\n"},
      {"a: b\nc\nd: e\n", "2:1 unparsable a key without its ':'\n"},
      {"? [a]\n: b\n", "1:3 unparsable a key is a list or a mapping; JSON keys are strings\n"},
      {"a: \x01\n", "1:4 unparsable a control character\n"},
      {"%YAML 3.0\n---\na: b\n", "1:1 unparsable the %YAML directive asks for a version other than 1.1 or 1.2\n"},
  };
  for (const auto& [yaml, expected] : rows) {
    EXPECT_EQ(read_summary(yaml), expected) << yaml;
  }
}

TEST(Unparsable, BinaryAndBrokenEncodingsAreToldByByte) {
  const ReadResult binary = read(std::string("a: b\0c", 6));
  ASSERT_EQ(binary.problems.size(), 1U);
  EXPECT_THAT(binary.problems[0].message, HasSubstr("binary file"));
  EXPECT_EQ(binary.problems[0].span, (Span{4, 5}));
  const ReadResult latin1 = read("a: \xE9t\xE9\n");
  ASSERT_EQ(latin1.problems.size(), 1U);
  EXPECT_EQ(latin1.problems[0].message, "not UTF-8");
  EXPECT_EQ(latin1.problems[0].span, (Span{3, 4}));
  EXPECT_THAT(read(std::string("\xFF\xFE"
                               "a\0",
                               4))
                  .problems[0]
                  .message,
              HasSubstr("binary file"))
      << "UTF-16";
}

std::string repeated(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out += part;
  }
  return out;
}

// A reader without limits needs more than 40 s for the first of these; that they end at all is the test.
TEST(OverLimit, DepthStopsTheReaderEarly) {
  for (const char* part : {"[", "{a: ", "- ", "? ", "[{\"a\":"}) {
    const ReadResult result = read(repeated(part, 100'000));
    ASSERT_EQ(result.problems.size(), 1U) << part;
    EXPECT_EQ(result.problems[0].kind, ProblemKind::kOverLimit) << part;
    EXPECT_EQ(result.problems[0].message, "nested deeper than 200 levels") << part;
    EXPECT_THAT(result.documents, IsEmpty()) << part;
  }
}

TEST(OverLimit, DepthIsExact) {
  const auto nested = [](int levels) { return repeated("[", levels) + repeated("]", levels); };
  EXPECT_THAT(read(nested(200)).problems, IsEmpty());
  EXPECT_EQ(read(nested(201)).problems[0].span.begin, 200U);
  EXPECT_THAT(read("a: " + nested(199)).problems, IsEmpty());
  EXPECT_EQ(read("a: " + nested(200)).problems[0].kind, ProblemKind::kOverLimit);
}

TEST(OverLimit, DepthCountsThroughAliases) {
  Limits limits;
  limits.max_depth = 4;
  EXPECT_EQ(read_summary("- &a [[[1]]]\n- [*a]\n", limits), "2:4 over-limit nested deeper than 4 levels\n");
  EXPECT_EQ(read_summary("- &a [[[1]]]\n- *a\n", limits), "[[[[1]]],[[[1]]]]\n");
}

TEST(OverLimit, AliasBombIsStopped) {
  std::string yaml = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name <= 'k'; ++name) {
    const std::string before = std::string("*") + static_cast<char>(name - 1);
    yaml += std::string{name} + ": &" + name + " [" + before + repeated("," + before, 9) + "]\n";
  }
  const ReadResult result = read(yaml);
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].kind, ProblemKind::kOverLimit);
  EXPECT_EQ(result.problems[0].message, "aliases expand to more than 100000 values");
  EXPECT_GT(result.problems[0].span.begin, 0U);
}

TEST(OverLimit, MergeKeysSpendTheAliasBudget) {
  Limits limits;
  limits.max_alias_nodes = 5;
  const std::string base = "x: &x {a: 1, b: 2}\n";
  EXPECT_THAT(read(base + "y: {<<: *x}\n", limits).problems, IsEmpty());
  EXPECT_EQ(read_summary(base + "y: {<<: *x}\nz: {<<: *x}\n", limits),
            "3:9 over-limit aliases expand to more than 5 values\n");
}

TEST(OverLimit, NodesBytesAndDocumentsAreCounted) {
  Limits limits;
  limits.max_nodes = 4;
  EXPECT_EQ(read_summary("[1, 2, 3]\n", limits), "[1,2,3]\n");
  EXPECT_EQ(read_summary("- 1\n- 2\n- 3\n- 4\n", limits), "4:3 over-limit more than 4 values in one input\n");
  EXPECT_EQ(read_summary("[1, 2, 3, 4]\n", limits), "1:11 over-limit more than 4 values in one input\n");
  EXPECT_EQ(read_summary("- &a [1]\n- *a\n", limits), "1:1 over-limit more than 4 values in one input\n");
  limits = {};
  limits.max_bytes = 6;
  EXPECT_EQ(read_summary("a: 1\n", limits), "{\"a\":1}\n");
  EXPECT_EQ(read_summary("a: 1\nb: 2\n", limits), "2:2 over-limit the input has 10 bytes; at most 6 are read\n");
  limits = {};
  limits.max_documents = 2;
  EXPECT_EQ(read_summary("a: 1\n---\nb: 2\n---\nc: 3\n", limits),
            "{\"a\":1}\n{\"b\":2}\n5:1 over-limit more than 2 objects in one input\n");
  EXPECT_EQ(read_summary("{\"kind\": \"List\", \"items\": [{}, {}, {}]}", limits),
            "{}\n{}\n1:1 over-limit more than 2 objects in one input\n");
}

constexpr const char* kTemplate = "needs-rendering this is a Helm/Go template, not YAML\n";

TEST(NeedsRendering, IsSaidForTemplatesThatAreNotYaml) {
  const std::pair<const char*, const char*> rows[] = {
      {"a: {{ .Values.x }}\n", "1:4 "},
      {"kind: Pod\nname: {{ .Release.Name }}-x\n", "2:7 "},
      {"{{- if .Values.enabled }}\na: b\n{{- end }}\n", "1:1 "},
      {"a: b\n{{ include \"x.labels\" . | nindent 4 }}\n", "2:1 "},
      {"a: {{ whatever }}\n", "1:4 "},
      {"a: '{{ x }}'\nb: {{ whatever }}\n", "2:4 "},
      {"{{/* a comment */}}\na: b\n", "1:1 "},
  };
  for (const auto& [yaml, place] : rows) {
    EXPECT_EQ(read_summary(yaml), std::string(place) + kTemplate) << yaml;
  }
  EXPECT_EQ(read("a: {{ .Values.x }}\n").problems[0].help, "render it first, e.g. `helm template . | warmgate lint -`");
}

TEST(NeedsRendering, IsSaidForHelmActionsInShortStrings) {
  const std::pair<const char*, const char*> rows[] = {
      {"a: \"{{ .Values.x }}\"\n", "1:5 "},
      {"a: x-{{ .Release.Name }}\n", "1:6 "},
      {"a: '{{- include \"c.name\" . }}'\n", "1:5 "},
      {"a: '{{ $.Values.x | quote }}'\n", "1:5 "},
      {"a: '{{ default \"x\" .Values.y }}'\n", "1:5 "},
      {"a: '{{- end }}'\n", "1:5 "},
      {"{\"a\": \"{{ .Chart.Name }}\"}\n", "1:8 "},
  };
  for (const auto& [yaml, place] : rows) {
    EXPECT_EQ(read_summary(yaml), std::string(place) + kTemplate) << yaml;
  }
}

TEST(NeedsRendering, IsSaidOncePerText) {
  EXPECT_EQ(read_summary("a: '{{ .Values.x }}'\n---\nb: '{{ .Values.x }}'\n---\nc: 1\n"),
            std::string("{\"c\":1}\n1:5 ") + kTemplate);
}

TEST(NeedsRendering, IsNotSaidForJinjaArgoAndFilesInside) {
  for (const char* yaml : {
           "a: \"{% for m in messages %}{{ m['content'] + '\\n' }}{% endfor %}\"\n",
           "a: \"{{ messages[0]['content'] }}\"\n",
           "a: \"{% if a %}{{ raise_exception('no') }}{% endif %}\"\n",
           "a: \"{{ range(3) }} {{ end_token }} {{ iffy }} {{ include }} {{ with_items }}\"\n",
           "a: \"{{workflow.parameters.model}}\"\n",
           "a: |\n  {{ range .Alerts }}x{{ end }}\n",
           "a: \"{{ range .Alerts }}\\n{{ end }}\\n\"\n",
           "a: \"{{ $labels.instance }}\"\n",
           "a: \"{{\"\n",
       }) {
    EXPECT_THAT(read(yaml).problems, IsEmpty()) << yaml;
  }
}

TEST(NeedsRendering, DoesNotHideAnotherMistakeBesideAChatTemplate) {
  EXPECT_EQ(read_summary("a: \"{{ messages[0]['content'] }}\"\nb:\n\tc: d\n"),
            "3:1 unparsable line starts with a tab; YAML indents with spaces\n");
}

}  // namespace
}  // namespace warmgate::document
