#include "warmgate/document/write.h"

#include <gtest/gtest.h>

#include "reading.h"

namespace warmgate::document {
namespace {

std::string yaml_of(const Json& value) { return to_yaml(value, Document(value)); }

TEST(ToYaml, LooksAsKubectlWritesIt) {
  const Json value = Json::parse(R"({"spec": {"containers": [{"name": "a", "args": ["--x", "on", "8080", ""],
    "command": []}], "script": "set -e\nexec run\n", "n": 1.5, "t": true, "z": null, "m": {}},
    "kind": "Pod", "apiVersion": "v1", "data": "x", "metadata": {"name": "y"}})");
  EXPECT_EQ(yaml_of(value),
            "apiVersion: v1\n"
            "kind: Pod\n"
            "metadata:\n"
            "  name: 'y'\n"
            "spec:\n"
            "  containers:\n"
            "  - args:\n"
            "    - --x\n"
            "    - 'on'\n"
            "    - '8080'\n"
            "    - ''\n"
            "    command: []\n"
            "    name: a\n"
            "  m: {}\n"
            "  'n': 1.5\n"
            "  script: |\n"
            "    set -e\n"
            "    exec run\n"
            "  t: true\n"
            "  z: null\n"
            "data: x\n");
}

TEST(ToYaml, QuotesWhatOtherReadersWouldTakeForSomethingElse) {
  EXPECT_EQ(
      yaml_of({{"list", {"2020-01-01", "1:30", "=", "<<", "nginx:1.2", "1.2.3", "4xlarge", "\nx", "\n  x\n"}}}),
      "list:\n- '2020-01-01'\n- '1:30'\n- '='\n- '<<'\n- nginx:1.2\n- 1.2.3\n- 4xlarge\n- \"\\nx\"\n- \"\\n  x\\n\"\n");
}

TEST(ToYaml, KeepsTheOrderOfTheTextAndAddsNewMembersBehind) {
  const ReadResult result = read("kind: Pod\nspec:\n  z: 1\n  a: 2\n  list:\n  - {d: 1, c: 2}\napiVersion: v1\n");
  Json value = result.documents[0].value();
  value["spec"]["b"] = 3;
  value["spec"].erase("a");
  value["metadata"] = Json{{"name", "x"}};
  EXPECT_EQ(to_yaml(value, result.documents[0]),
            "kind: Pod\nspec:\n  z: 1\n  list:\n  - d: 1\n    c: 2\n  b: 3\napiVersion: v1\nmetadata:\n  name: x\n");
}

TEST(ToYaml, WritesLongLinesOnOneLine) {
  const std::string words(300, 'w');
  EXPECT_EQ(yaml_of({{"a", words + " " + words}}), "a: " + words + " " + words + "\n");
}

TEST(ToYaml, InvalidUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(read(yaml_of({{"a", "x\xFFy"}})).documents[0].value()["a"], "x\xEF\xBF\xBDy");
  EXPECT_EQ(to_json({{"a", "x\xFFy"}}), "{\"a\":\"x\xEF\xBF\xBDy\"}");
}

constexpr const char* kNasty[] = {
    "",
    " ",
    "  x",
    "x ",
    "\n",
    "\n\n",
    "a\n",
    "a\n\n",
    "a\n\n\n",
    "\na",
    "\n a",
    " a\nb",
    "a\n b",
    "a\n\n b\n",
    "a \nb",
    "a\t\nb",
    "\ta\nb",
    "a\n\tb",
    "a\nb ",
    "\r",
    "a\rb",
    "a\r\nb",
    "a\r\nb\r\n",
    "\t",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "true",
    "null",
    "~",
    "Null",
    "0",
    "1",
    "-1",
    "+1",
    "1.0",
    "1e3",
    ".5",
    "1.",
    "0x1F",
    "0o17",
    "017",
    "08",
    "1_000",
    "0b1",
    ".inf",
    "-.inf",
    ".nan",
    "1:30",
    "12:30:45",
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    "<<",
    "=",
    "- a",
    "-",
    "--",
    "---",
    "...",
    "--- a",
    "?",
    "? a",
    ":",
    ": a",
    "a:",
    "a: b",
    "a:b",
    "#",
    "# a",
    "a #b",
    "a#b",
    "&a",
    "*a",
    "!a",
    "!!str x",
    "|",
    ">",
    "|\n  a",
    "%YAML",
    "@a",
    "`a",
    "'",
    "''",
    "\"",
    "\"a\"",
    "'a'",
    "it's",
    "{",
    "}",
    "[",
    "]",
    "{a: b}",
    "[a]",
    "{{ x }}",
    "{{ .Values }}\nx\n",
    ",",
    "a,b",
    "\\",
    "a\\nb",
    "é",
    "é\nè\n",
    "\xF0\x9F\x98\x80",
    "a\xC2\x85z",
    "a\xE2\x80\xA8z\nc",
    "\xEF\xBB\xBFz",
    "a\xEF\xBB\xBF\nb",
    "\x01",
    "\x7F",
    "a\x1B[0m\nb",
    "\xC2\xA0",
    "a\n---\nb\n",
    "a\n...\nb\n",
    "#!/bin/sh\nexec x\n",
    "- a\n- b\n",
    "key: |\n  x\n",
    "a: b\nc: d\n",
};

TEST(ToYaml, NastyStringsReadBackUnchanged) {
  Json all = Json::object();
  for (const char* text : kNasty) {
    // Alone, as value, as key and in lists: each place has its own rules for the plain style.
    const Json value = {{"k", text}, {"l", {text, {{"m", text}}, Json::array({text})}}, {text, {{text, text}}}};
    const std::string yaml = yaml_of(value);
    const ReadResult result = read(yaml);
    ASSERT_EQ(result.documents.size(), 1U) << yaml;
    EXPECT_TRUE(result.problems.empty()) << yaml;
    EXPECT_EQ(result.documents[0].value(), value) << yaml;
    all[text] = text;
  }
  const std::string control(1, '\0');
  all[control] = control;
  all["long key " + std::string(2000, 'k')] = std::string(70'000, 'v') + "\n" + std::string(200, 'w');
  const ReadResult result = read(yaml_of(all));
  ASSERT_EQ(result.documents.size(), 1U);
  EXPECT_EQ(result.documents[0].value(), all);
}

TEST(ToYaml, NumbersReadBackUnchanged) {
  const Json value = Json::parse(
      "[0, -1, 9223372036854775807, -9223372036854775808, 18446744073709551615, 0.1, -2.5, 1e21, 1.5e300, 5e-324, "
      "1e-7, "
      "123456789.125, 1e15, 1e16, 2.0]");
  EXPECT_EQ(read(yaml_of(value)).documents[0].value(), value);
}

}  // namespace
}  // namespace warmgate::document
