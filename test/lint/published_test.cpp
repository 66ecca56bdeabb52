// What code hosts read: SARIF, annotations, Code Quality. test/ci asks validators of others about the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "lint/texts.h"
#include "warmgate/base/text.h"
#include "warmgate/base/version.h"
#include "warmgate/lint/report.h"
#include "warmgate/lint/rule_pages.h"
#include "warmgate/rules/rule.h"

namespace warmgate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

const std::string kRoot = "/home of/repository";

std::string sarif_text(const Linted& linted) {
  return lint::format_sarif(linted.report, linted.bundle.redactor, kRoot);
}

Json sarif_run(const Linted& linted) { return Json::parse(sarif_text(linted))["runs"][0]; }

// The run without the rules, and each result without the index into them, which is checked: other rules change them.
Json without_rules(Json run) {
  const Json rules = run["tool"]["driver"]["rules"];
  run["tool"]["driver"].erase("rules");
  for (Json& result : run["results"]) {
    EXPECT_EQ(rules.at(result["ruleIndex"].get<std::size_t>())["id"], result["ruleId"]);
    result.erase("ruleIndex");
  }
  return run;
}

TEST(SarifReport, IsExactly) {
  const Linted linted = lint_texts({{"deploy/./pod.yaml", kPod}});
  const Json log = Json::parse(sarif_text(linted));
  EXPECT_EQ(log["$schema"],
            "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
  EXPECT_EQ(log["version"], "2.1.0");
  ASSERT_EQ(log["runs"].size(), 1U);
  EXPECT_EQ(without_rules(log["runs"][0]),
            Json::parse(R"({
    "tool": {"driver": {"name": "Warmgate", "version": ")" +
                        std::string(base::version()) + R"(", "semanticVersion": ")" + std::string(base::version()) +
                        R"("}},
    "invocations": [{
      "executionSuccessful": true,
      "toolExecutionNotifications": [],
      "workingDirectory": {"uri": "file:///home%20of/repository/"}
    }],
    "originalUriBaseIds": {"%SRCROOT%": {"uri": "file:///home%20of/repository/"}},
    "columnKind": "unicodeCodePoints",
    "results": [{
      "ruleId": "WG101",
      "level": "error",
      "message": {"text": "container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the branch main is that day. Help: add --revision <commit>; get the commit with: git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD"},
      "locations": [{
        "physicalLocation": {
          "artifactLocation": {"uri": "deploy/pod.yaml", "uriBaseId": "%SRCROOT%"},
          "region": {"startLine": 9, "startColumn": 23, "endLine": 9, "endColumn": 37}
        },
        "logicalLocations": [{"fullyQualifiedName": "Pod/server", "kind": "resource"}]
      }],
      "partialFingerprints": {"warmgateFinding/v1": "bc70c60ddf9680bc0816c49e518f0b22"},
      "suppressions": [],
      "properties": {"pointer": "/spec/containers/0/args/1"}
    }]
  })"));
}

TEST(SarifReport, DescribesEveryRule) {
  const Json rules = sarif_run(lint_texts({{"a.yaml", kPod}}))["tool"]["driver"]["rules"];
  ASSERT_EQ(rules.size(), rules::all_rules().size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const rules::RuleInfo& info = rules::all_rules()[i]->info;
    const std::string level = info.default_action == api::Action::kDeny   ? "error"
                              : info.default_action == api::Action::kWarn ? "warning"
                                                                          : "note";
    EXPECT_EQ(rules[i],
              (Json{{"id", info.id},
                    {"name", info.slug},
                    {"shortDescription", {{"text", "Finds: " + std::string(info.summary) + "."}}},
                    {"fullDescription", {{"text", info.why}}},
                    {"defaultConfiguration", info.default_action == api::Action::kOff
                                                 ? Json{{"enabled", false}, {"level", "none"}}
                                                 : Json{{"level", level}}},
                    {"help", {{"text", lint::rule_page_text(info)}, {"markdown", lint::rule_help_markdown(info)}}}}));
    EXPECT_LE(info.why.size(), 1024U) << info.id << ": code scanning shows no more of a description";
  }
}

// The file and whether it is relative to the working directory, for each way to name one.
TEST(SarifReport, NamesFilesRelativeToTheWorkingDirectoryElseByTheirUri) {
  struct Case {
    std::string name;
    std::string uri;
    bool relative;
  };
  const std::vector<Case> cases = {
      {"pod.yaml", "pod.yaml", true},
      {"./a/../b/pod.yaml", "b/pod.yaml", true},
      {kRoot + "/a/pod.yaml", "a/pod.yaml", true},
      {"../repository/pod.yaml", "pod.yaml", true},
      {"../other/pod.yaml", "file:///home%20of/other/pod.yaml", false},
      {"/home of/repository2/pod.yaml", "file:///home%20of/repository2/pod.yaml", false},
      {"two words/50%#?.yaml", "two%20words/50%25%23%3F.yaml", true},
      {"c:pod.yaml", "c%3Apod.yaml", true},
      {"\xE6\xA8\xA1.yaml", "%E6%A8%A1.yaml", true},
      {"bad\xFF.yaml", "bad%FF.yaml", true},
      {"..pod.yaml", "..pod.yaml", true},
      {"<stdin>", "%3Cstdin%3E", false},
      {kToken + ".yaml", "%5Bredacted%5D.yaml", true},
  };
  for (const Case& test : cases) {
    const Json location = sarif_run(
        lint_texts({{test.name, kPod}}))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    const Json expected = test.relative ? Json{{"uri", test.uri}, {"uriBaseId", "%SRCROOT%"}} : Json{{"uri", test.uri}};
    EXPECT_EQ(location, expected) << test.name;
  }
}

TEST(SarifReport, WithoutAWorkingDirectoryHasNoRoot) {
  const Linted linted = lint_texts({{"a/pod.yaml", kPod}});
  const Json run = Json::parse(lint::format_sarif(linted.report, linted.bundle.redactor, ""))["runs"][0];
  EXPECT_FALSE(run.contains("originalUriBaseIds"));
  EXPECT_FALSE(run["invocations"][0].contains("workingDirectory"));
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"], (Json{{"uri", "a/pod.yaml"}}));
}

TEST(SarifReport, TellsWhatCouldNotBeReadAsANotificationToo) {
  lint::Inputs inputs = inputs_of({{"pod.yaml", kPod}});
  for (const lint::Diagnostic& problem : lint::read_inputs({"/nowhere/a.yaml"}).problems) {
    inputs.problems.push_back(problem);
  }
  Linted linted{lint::read_bundle(inputs, {}, {}), {}};
  linted.report = lint::lint(inputs, linted.bundle, knowledge(), policy_with("{}"), {});
  const Json run = sarif_run(linted);
  const Json notification = run["invocations"][0]["toolExecutionNotifications"][0];
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], false);
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"].size(), 1U);
  EXPECT_EQ(notification["level"], "error");
  EXPECT_EQ(notification["message"]["text"],
            "cannot be read: there is no file or directory of this name. Help: check the path");
  EXPECT_EQ(notification["associatedRule"]["id"], "WG007");
  EXPECT_EQ(notification["locations"][0]["physicalLocation"], (Json::parse(R"({
    "artifactLocation": {"uri": "file:///nowhere/a.yaml"},
    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
  })")));
  EXPECT_EQ(run["results"].size(), 2U);
}

TEST(SarifReport, ShowsWaivedFindingsAsSuppressedInTheSource) {
  std::string pod = kPod;
  pod.insert(pod.find("spec:"), "  annotations: {warmgate.dev/waive: \"WG101=a test\"}\n");
  const Json results =
      sarif_run(lint_texts({{"a.yaml", pod}, {"b.yaml", kPod}}, {}, {}, "{waivers: {allowed: [WG101]}}"))["results"];
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["level"], "warning");
  EXPECT_EQ(results[0]["suppressions"], Json::parse(R"([{"kind": "inSource", "justification": "a test"}])"));
  EXPECT_EQ(results[1]["suppressions"], Json::array());
}

std::vector<std::string> fingerprints(const Texts& texts) {
  std::vector<std::string> out;
  const Json run = sarif_run(lint_texts(texts));
  for (const Json& result : run["results"]) {
    out.push_back(result["partialFingerprints"]["warmgateFinding/v1"]);
  }
  return out;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Fingerprint, StaysWhenLinesMoveAndChangesWithTheFinding) {
  const std::string original = fingerprints({{"a.yaml", kPod}}).at(0);
  EXPECT_THAT(original, ::testing::MatchesRegex("[0-9a-f]{32}"));
  const std::vector<std::string> alike = {
      "# moved\n\n" + kPod, with(kPod, "Pod\n", "Pod\n# here\n"),
      with(kPod, "[--model, Qwen/Qwen3-32B]", "[--port, '1', --model, Qwen/Qwen3-32B]"),
      with(kPod, "    - name: vllm", "    - {name: log, image: b}\n    - name: vllm")};
  for (const std::string& text : alike) {
    EXPECT_THAT(fingerprints({{"b.yaml", text}}), ElementsAre(original)) << text;
  }
  std::set<std::string> different = {original};
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"name: server", "name: other"},
                                                        {"name: server", "name: server\n  namespace: llm"},
                                                        {"name: vllm", "name: other"},
                                                        {"Qwen3-32B", "Qwen3-8B"}}) {
    EXPECT_TRUE(different.insert(fingerprints({{"a.yaml", with(kPod, from, to)}}).at(0)).second) << to;
  }
}

TEST(Fingerprint, NumbersFindingsThatAreAlike) {
  const std::vector<std::string> twice = fingerprints({{"a.yaml", kPod + "---\n" + kPod}});
  ASSERT_EQ(twice.size(), 2U);
  EXPECT_EQ(twice[0], fingerprints({{"a.yaml", kPod}}).at(0));
  EXPECT_NE(twice[0], twice[1]);
  // Of findings about the input itself file and message are the identity.
  const std::vector<std::string> broken = fingerprints({{"a.yaml", "a: [1\n"}, {"b.yaml", "a: [1\n"}});
  ASSERT_EQ(broken.size(), 2U);
  EXPECT_NE(broken[0], broken[1]);
}

lint::Report many(std::size_t infos, std::size_t errors) {
  lint::Report report;
  for (std::size_t i = 0; i < infos + errors; ++i) {
    lint::Diagnostic diagnostic;
    diagnostic.rule = "WG101";
    diagnostic.file = "a.yaml";
    diagnostic.begin.line = i + 1;
    diagnostic.end.line = i + 1;
    diagnostic.severity = i < infos ? lint::Severity::kInfo : lint::Severity::kError;
    report.diagnostics.push_back(diagnostic);
  }
  return report;
}

TEST(SarifReport, KeepsTheMostSevereFindingsThatCodeScanningTakesAndSaysSo) {
  const Json cut = Json::parse(lint::format_sarif(many(24'999, 3), {}, ""))["runs"][0];
  ASSERT_EQ(cut["results"].size(), 25'000U);
  EXPECT_EQ(cut["invocations"][0]["executionSuccessful"], true);
  EXPECT_EQ(cut["invocations"][0]["toolExecutionNotifications"],
            Json::parse(R"([{"level": "warning", "message": {"text":
    "Only the most severe 25000 of 25002 findings are in this report, as many as code scanning takes; --format json has all."
  }}])"));
  const auto line = [&](std::size_t i) {
    return cut["results"][i]["locations"][0]["physicalLocation"]["region"]["startLine"].get<std::size_t>();
  };
  EXPECT_EQ(line(24'996), 24'997U);
  EXPECT_EQ(line(24'997), 25'000U);
  EXPECT_EQ(line(24'999), 25'002U);
}

TEST(GithubReport, IsExactly) {
  const Linted linted = lint_texts({{"a,b: 50%.yaml", kPod}});
  EXPECT_EQ(
      lint::format_github(linted.report, linted.bundle.redactor, kRoot),
      "::error file=a%2Cb%3A 50%25.yaml,line=9,endLine=9,col=23,endColumn=37,title=WG101 unpinned-revision::"
      "container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the branch main is that day. Help: add "
      "--revision <commit>; get the commit with: git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD\n"
      "1 error, 0 warnings, 0 info; checked 1 object with 1 model use in 1 file\n");
}

TEST(GithubReport, EscapesWhatEndsACommandAndHasColumnsInOneLineOnly) {
  lint::Report report;
  lint::Diagnostic diagnostic;
  diagnostic.rule = "WG101";
  diagnostic.slug = "a";
  diagnostic.severity = lint::Severity::kInfo;
  diagnostic.message = "100%: a,\r\nb ::error::";
  diagnostic.file = "a\nb\xFF.yaml";
  diagnostic.end.line = 2;
  report.diagnostics.push_back(diagnostic);
  diagnostic.severity = lint::Severity::kWarning;
  diagnostic.file = "<stdin>";
  report.diagnostics.push_back(diagnostic);
  EXPECT_EQ(lint::format_github(report, {}, kRoot),
            "::notice file=a%0Ab\xEF\xBF\xBD.yaml,line=1,endLine=2,title=WG101 a::100%25: a,  b ::error::\n"
            "::warning title=WG101 a::100%25: a,  b ::error::\n"
            "0 errors, 1 warning, 1 info; checked 0 objects with 0 model uses in 0 files\n");
}

TEST(GithubReport, SaysThatGitHubShowsTenOfEachLevel) {
  const std::string note = "GitHub shows 10 annotations of each level and step";
  EXPECT_THAT(lint::format_github(many(10, 10), {}, ""), Not(HasSubstr(note)));
  EXPECT_THAT(lint::format_github(many(11, 0), {}, ""), HasSubstr(note));
}

TEST(GitlabReport, IsExactly) {
  const Linted linted = lint_texts({{"./pod.yaml", kPod}, {"copy/pod.yaml", kPod}});
  Json issues = Json::parse(lint::format_gitlab(linted.report, linted.bundle.redactor, kRoot));
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_NE(issues[0]["fingerprint"], issues[1]["fingerprint"]) << "the same object in another file";
  for (const auto& [index, path] :
       std::vector<std::pair<std::size_t, std::string>>{{0, "pod.yaml"}, {1, "copy/pod.yaml"}}) {
    EXPECT_THAT(issues[index]["fingerprint"].get<std::string>(), ::testing::MatchesRegex("[0-9a-f]{32}"));
    issues[index].erase("fingerprint");
    EXPECT_EQ(
        issues[index],
        (Json{{"description",
               "container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the branch main is that day. "
               "Help: add --revision <commit>; get the commit with: git ls-remote "
               "https://huggingface.co/Qwen/Qwen3-32B HEAD"},
              {"check_name", "WG101 unpinned-revision"},
              {"severity", "major"},
              {"location", {{"path", path}, {"lines", {{"begin", 9}, {"end", 9}}}}}}));
  }
}

TEST(GitlabReport, WithoutFindingsIsAnEmptyArray) {
  const Linted linted = lint_texts({{"cache.yaml", model_cache()}});
  EXPECT_EQ(lint::format_gitlab(linted.report, linted.bundle.redactor, kRoot), "[]\n");
}

TEST(PublishedReports, NeverHoldASecretAnEscapeSequenceOrInvalidUtf8) {
  const std::string text = kPod +
                           "      env:\n"
                           "        - {name: HF_TOKEN, value: odd-shaped-secret}\n"
                           "    - name: \"\\e[31mred\"\n"
                           "      image: vllm/vllm-openai:v0.11.0\n"
                           "      args: [--model, odd-shaped-secret]\n";
  const Linted linted = lint_texts({{"bad\xFF.yaml", text}});
  for (const auto format : {lint::format_sarif, lint::format_github, lint::format_gitlab}) {
    const std::string out = format(linted.report, linted.bundle.redactor, kRoot);
    EXPECT_THAT(out, HasSubstr("[redacted]"));
    EXPECT_THAT(out, Not(HasSubstr("odd-shaped")));
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(out, Not(HasSubstr("\\u001b")));
    EXPECT_FALSE(base::first_invalid_utf8(out).has_value());
  }
}

TEST(PublishedReports, SayWhereAMessageWasCut) {
  lint::Report report = many(0, 1);
  report.diagnostics[0].message = std::string(5000, 'm');
  const Json run = Json::parse(lint::format_sarif(report, {}, ""))["runs"][0];
  EXPECT_EQ(run["results"][0]["message"]["text"], std::string(1999, 'm') + "\xE2\x80\xA6");
}

}  // namespace
}  // namespace warmgate::testing
