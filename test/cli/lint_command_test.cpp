// `warmgate lint` as people and pipelines run it: exit codes, bad usage, hostile input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "cli/program.h"
#include "support/paths.h"

namespace warmgate::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kPattern = source_dir() + "/test/pattern";
const std::string kToken = "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH";
const std::string kError =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
    "  - {name: vllm, image: \"vllm/vllm-openai:v0.11.0\", args: [--model, a/b]}\n";

TEST(LintCommand, IsCleanOnThePattern) {
  const std::string command = "warmgate lint " + kPattern;
  const Ran together = run(command);
  EXPECT_EQ(together.code, 0) << together.out;
  // The one word of advice: the pattern's Job has no deadline.
  EXPECT_THAT(together.out, HasSubstr("job.yaml:5:1: info[WG403]"));
  EXPECT_THAT(together.out, EndsWith("0 errors, 0 warnings, 1 info; checked 3 objects with 2 model uses in 3 files\n"));
  EXPECT_THAT(together.err, IsEmpty());
  for (const std::string file : {"/pvc.yaml", "/job.yaml", "/deployment.yaml"}) {
    EXPECT_EQ(run(command + file).code, 0) << file;
  }
}

TEST(LintCommand, ExitsByTheLeastSeverityAsked) {
  struct Case {
    std::string action;  // of the policy for the one finding
    std::string fail_on;
    int code;
  };
  const std::vector<Case> cases = {
      {"deny", "", 1},  {"deny", "error", 1},    {"deny", "warning", 1}, {"deny", "info", 1},   {"deny", "never", 0},
      {"warn", "", 0},  {"warn", "error", 0},    {"warn", "warning", 1}, {"warn", "info", 1},   {"warn", "never", 0},
      {"audit", "", 0}, {"audit", "warning", 0}, {"audit", "info", 1},   {"audit", "never", 0}, {"\"off\"", "info", 0},
  };
  const TempDirectory folder;
  for (const Case& test : cases) {
    const std::string policy =
        folder.write("policy.yaml",
                     "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: a}\n"
                     "spec: {rules: {WG101: " +
                         test.action + "}}\n");
    const Ran ran = run(
        "warmgate lint --policy " + policy + (test.fail_on.empty() ? "" : " --fail-on " + test.fail_on) + " -", kError);
    EXPECT_EQ(ran.code, test.code) << test.action << " " << test.fail_on << "\n" << ran.out << ran.err;
  }
}

struct Misuse {
  std::string script;
  std::string message;
};

TEST(LintCommand, ExplainsWrongUsageWithCode2) {
  const std::vector<Misuse> cases = {
      {"warmgate lint --wrong", "--wrong"},
      {"warmgate lint --fail-on sometimes a.yaml", "sometimes not in {error,warning,info,never}"},
      {"warmgate lint --format xml a.yaml", "xml not in {text,json,sarif,github,gitlab}"},
      {"warmgate lint <&-", "no PATH is given and standard input is closed"},
      {"warmgate lint --policy /nowhere.yaml -",
       "/nowhere.yaml: cannot be read: there is no file or directory of this name"},
      {"warmgate", "warmgate: a command is missing: lint, serve, "},
      {"warmgate lnit a.yaml", "there is no command \"lnit\"; did you mean lint? (see warmgate --help)"},
      {"warmgate lint " + kPattern + " >/dev/full", "warmgate: standard output: No space left on device"},
      {"warmgate lint -f sarif " + kPattern + " >/dev/full", "warmgate: standard output: No space left on device"},
      {"warmgate lint --policy " + kPattern + "/pvc.yaml -",
       "pvc.yaml:1:1: this is no CachePolicy of warmgate.dev/v1alpha1"},
  };
  for (const Misuse& test : cases) {
    const Ran ran = run(test.script);
    EXPECT_EQ(ran.code, 2) << test.script;
    EXPECT_THAT(ran.err, HasSubstr(test.message)) << test.script;
    EXPECT_THAT(ran.out, IsEmpty()) << test.script;
  }
}

TEST(LintCommand, ReadsStandardInputAsYamlAndJson) {
  const std::string json =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"vllm",)"
      R"("image":"vllm/vllm-openai:v0.11.0","args":["--model","a/b"]}]}})";
  EXPECT_THAT(run("warmgate lint -", kError).out, StartsWith("<stdin>:6:69: error[WG101]"));
  EXPECT_THAT(run("warmgate lint", kError).out, StartsWith("<stdin>:6:69: error[WG101]"));
  EXPECT_THAT(run("warmgate lint -", json).out, StartsWith("<stdin>:1:147: error[WG101]"));
  EXPECT_THAT(run("warmgate lint --format json -", json).out, HasSubstr("\"rule\": \"WG101\""));
}

TEST(LintCommand, SaysThatNothingWasChecked) {
  for (const std::string input :
       {"", "\n---\n", "# comment\n", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"}) {
    const Ran ran = run("warmgate lint -", input);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, StartsWith("<stdin>:1:1: error[WG003]: nothing was checked"));
  }
}

TEST(LintCommand, SaysWhyStandardInputCannotBeRead) {
  EXPECT_THAT(run("warmgate lint - <&-").out,
              StartsWith("<stdin>:1:1: error[WG007]: cannot be read: Bad file descriptor"));
  EXPECT_THAT(run("warmgate lint - </").out, StartsWith("<stdin>:1:1: error[WG007]: cannot be read: Is a directory"));
  EXPECT_EQ(run("warmgate lint - </").code, 1);
}

TEST(LintCommand, KeepsQuietWhenItsReaderGoesAway) {
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    many += "---\n" + kError;
  }
  const Ran ran = run("{ warmgate lint -; echo code $? >&2; } | head -n 1", many);
  EXPECT_THAT(ran.out, StartsWith("<stdin>:"));
  EXPECT_EQ(ran.err, "code 1\n");
}

TEST(LintCommand, NamesFilesRelativeToTheWorkingDirectoryForCodeHosts) {
  const std::string place = "mkdir -p a/b && cat >a/b/pod.yaml && cd a && ";
  const std::string root = "\"%SRCROOT%\": {\n          \"uri\": \"file://";
  const TempDirectory folder;
  const std::string command = "cd " + folder.path("") + " && " + place + "warmgate lint --format ";
  const Ran sarif = run(command + "sarif \"$PWD/b\"", kError);
  EXPECT_EQ(sarif.code, 1) << sarif.err;
  EXPECT_THAT(sarif.out, HasSubstr("\"uri\": \"b/pod.yaml\""));
  EXPECT_THAT(sarif.out, HasSubstr(root));
  EXPECT_THAT(run(command + "github \"$PWD/b\"", kError).out, StartsWith("::error file=b/pod.yaml,line=6,"));
  EXPECT_THAT(run(command + "gitlab ./b", kError).out, HasSubstr("\"path\": \"b/pod.yaml\""));
}

struct Hostile {
  std::string name;
  std::string input;
  std::string finding;
};

TEST(LintCommand, AnswersHostileInputWithAFinding) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    std::string line = "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int item = 0; item < 9; ++item) {
      line += ", " + below;
    }
    bomb += line + "]\n";
  }
  const std::vector<Hostile> cases = {
      {"AliasBomb", bomb, "error[WG004]"},
      {"Brackets", std::string(100'000, '['), "error[WG004]"},
      {"ClosedBrackets", std::string(100'000, '[') + std::string(100'000, ']'), "error[WG004]"},
      {"Braces",
       [] {
         std::string out;
         for (int i = 0; i < 100'000; ++i) {
           out += "{\"a\":";
         }
         return out;
       }(),
       "error[WG004]"},
      {"Helm", "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n", "error[WG002]"},
      {"HelmBlock", "{{- if .Values.on }}\nkind: Pod\n{{- end }}\n", "error[WG002]"},
      {"Tab", "kind: Pod\nmetadata:\n\tname: a\n", "<stdin>:3:1: error[WG001]"},
      {"Binary",
       std::string("\x7f"
                   "ELF\x02\x01\x01\0\0\xff\xfe",
                   11),
       "error[WG001]"},
      {"Utf16",
       std::string("\xff\xfe"
                   "k\0i\0",
                   6),
       "<stdin>:1:4: error[WG001]: a binary file"},
  };
  for (const Hostile& test : cases) {
    const Ran ran = run("warmgate lint -", test.input);
    EXPECT_EQ(ran.code, 1) << test.name << ran.err;
    EXPECT_THAT(ran.out.substr(0, 2000), HasSubstr(test.finding)) << test.name;
    EXPECT_THAT(ran.err, IsEmpty()) << test.name;
  }
}

TEST(LintCommand, NeverPrintsAToken) {
  const std::string manifest =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {note: " + kToken +
      "}}\nspec:\n  containers:\n"
      "  - name: vllm\n    image: vllm/vllm-openai:v0.11.0\n    args: [--model, a/b, --hf-token, " +
      kToken +
      "]\n"
      "    env: [{name: HF_TOKEN, value: " +
      kToken + "}]\n";
  for (const std::string command :
       {"lint", "lint --format json", "lint --format sarif", "lint --format github", "lint --format gitlab", "mutate",
        "mutate --format patch", "inspect", "inspect --format json"}) {
    const Ran ran = run("warmgate " + command + " -", manifest);
    EXPECT_THAT(ran.out + ran.err, Not(HasSubstr(kToken))) << command;
    EXPECT_THAT(ran.out, Not(IsEmpty())) << command;
  }
}

// kubectl is a client that we did not write: what it prints is read.
TEST(Kubectl, OutputOfEveryFormIsRead) {
  if (run("command -v kubectl").code != 0) {
    GTEST_SKIP() << "SKIPPED: there is no kubectl on PATH; install it (scripts/setup) to prove that its output is read";
  }
  const std::string image = "--image=vllm/vllm-openai --dry-run=client -o ";
  for (const std::string create :
       {"create deployment x ", "create job x ", "create cronjob x --schedule='0 * * * *' ", "run x "}) {
    for (const std::string format : {"yaml", "json"}) {
      std::string script = "export KUBECONFIG=/dev/null; kubectl ";
      script.append(create).append(image).append(format);
      const Ran printed = run(script);
      if (printed.code != 0) {
        // Since 1.32 `kubectl run` asks a server for its API groups first.
        std::cerr << "SKIPPED: kubectl " << create << "did not print a manifest without a cluster: " << printed.err;
        continue;
      }
      const Ran ran = run("warmgate lint -", printed.out);
      EXPECT_EQ(ran.code, 1) << create << format << "\n" << ran.out;
      EXPECT_THAT(ran.out, HasSubstr("names no model, so vllm serves Qwen/Qwen3-0.6B")) << create << format;
      EXPECT_THAT(ran.out, HasSubstr("1 error, 0 warnings, 0 info; checked 1 object")) << create << format;
    }
  }
}

}  // namespace
}  // namespace warmgate::testing
