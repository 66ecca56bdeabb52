// What can be decided without running anything: conditions, what ends a script, the working folder, here-documents.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "shell_reading.h"
#include "warmgate/models/shell.h"

namespace warmgate {
namespace {

using models::ShellCommand;
using models::ShellVariables;
using testing::commands_of;

struct Case {
  std::string script;
  std::string commands;
};

ShellVariables container() {
  ShellVariables variables;
  variables.values = {{"M", "org/m"}, {"ROLE", "worker"}, {"N", "2"}, {"EMPTY", ""}, {"SECRET", std::nullopt}};
  variables.directory = "/app";
  return variables;
}

void expect_commands(const Case& each) {
  EXPECT_EQ(commands_of(each.script, container()), each.commands) << each.script;
}

TEST(ShellKnown, OnlyTheBranchThatRunsIsListed) {
  for (const Case& each : {
           Case{"if [ $ROLE = leader ]; then a; else b; fi", "[ worker = leader ]\nb\n"},
           Case{"if [ $ROLE != leader ]; then a; else b; fi", "[ worker != leader ]\na\n"},
           Case{"if [[ $ROLE == worker ]]; then M=1; fi; c $M", "[[ worker == worker\n{M=1}\nc 1\n"},
           Case{"if [[ $ROLE == w* ]]; then a; else b; fi", "[[ worker == w*\na\nb\n"},
           Case{"if test -z \"$EMPTY\"; then a; else b; fi", "test -z <>\na\n"},
           Case{"if [ -n \"$EMPTY\" ]; then a; elif [ $N -gt 1 ]; then b; else c; fi", "[ -n <> ]\n[ 2 -gt 1 ]\nb\n"},
           Case{"if [ -n \"$EMPTY\" ]; then a; fi; b", "[ -n <> ]\nb\n"},
           Case{"if ! [ $N -eq 1 ]; then a; else b; fi", "[ 2 -eq 1 ]\na\n"},
           Case{"if x; then a; elif [ $N = 2 ]; then b; else c; fi", "x\na\n[ 2 = 2 ]\nb\n"},
           Case{"if x; then a; elif [ $N = 1 ]; then M=1; fi; b $M", "x\na\n[ 2 = 1 ]\nb org/m\n"},
           Case{"[ $N = 1 ] && a; [ $N = 1 ] || b", "[ 2 = 1 ]\n[ 2 = 1 ]\nb\n"},
           Case{"[ -n \"$M\" ] && A=\"--model $M\"; b $A", "[ -n org/m ]\n{A=<--model org/m>}\nb --model org/m\n"},
           Case{"true || a; false || b; x && true || c", "true\nfalse\nb\nx\ntrue\nc\n"},
           Case{"if [ -f x ]; then a; else b; fi", "[ -f x ]\na\nb\n"},
           Case{"if [ \"$SECRET\" = x ]; then a; else b; fi", "[ ?<$SECRET> = x ]\na\nb\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellKnown, OnlyTheCaseThatMatchesIsListed) {
  for (const Case& each : {
           Case{"case $ROLE in leader) a ;; worker|x) b ;; *) c ;; esac", "b\n"},
           Case{"case \"$ROLE\" in w*) a ;; *) b ;; esac", "a\n"},
           Case{"case $ROLE in 'w*') a ;; *) b ;; esac", "a\nb\n"},
           Case{"case $ROLE in [a-z]*) a ;; *) b ;; esac", "a\nb\n"},
           Case{"case $ROLE in x) a ;; esac; b", "b\n"},
           Case{"case $SECRET in x) a ;; *) b ;; esac", "a\nb\n"},
           Case{"case $ROLE in worker) a ;& x) b ;; *) c ;; esac", "a\nb\nc\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellKnown, ALoopKnowsNothingThatItChanges) {
  for (const Case& each : {
           Case{"while x; do a $M; if [ $N = 2 ]; then N=3; else M=1; fi; done",
                "x\na ?<$M>\n[ ?<$N> = 2 ]\n{N=3}\n{M=1}\n"},
           Case{"for i in 1 2; do if [ $i = 1 ]; then a; else b; fi; done", "[ 1 = 1 ]\na\n[ 2 = 1 ]\nb\n"},
           Case{"while x; do case $N in 2) N=3 ;; *) M=1 ;; esac; done; a $M", "x\n{N=3}\n{M=1}\na ?<$M>\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellKnown, NothingRunsBehindExecAndExit) {
  for (const Case& each : {
           Case{"exec a; b", "exec a\n"},
           Case{"exec >log; b", "exec\nb\n"},
           Case{"a || exit 1; b", "a\nexit 1\nb\n"},
           Case{"if x; then M=1; exit 1; fi; a $M", "x\n{M=1}\nexit 1\na org/m\n"},
           Case{"if x; then exit 1; else exec a; fi; b", "x\nexit 1\nexec a\n"},
           Case{"x || { M=1; exit 1; }; a $M", "x\n{M=1}\nexit 1\na org/m\n"},
           Case{"(exec a); b", "exec a\nb\n"},
           Case{"x $(exit 1); b", "exit 1\nx ?<$(exit 1)>\nb\n"},
           Case{"for i in 1; do exec a; done; b", "exec a\nb\n"},
           Case{"while x; do exit; done; b", "x\nexit\nb\n"},
           Case{"f() { exec a; }; f; b", "exec a\n"},
           Case{"f() { x && return; exec a; }; f; b", "x\nreturn\nexec a\nb\n"},
           Case{"exec a & b", "exec a\nb\n"},
           Case{"exec a; f() { b; }", "exec a\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellKnown, CommandsThatOnlyRepeatTheirWordsAreEvaluated) {
  for (const Case& each : {
           Case{"a $(basename $M) $(dirname $M) $(basename x.yaml .yaml)",
                "basename org/m\ndirname org/m\nbasename x.yaml .yaml\na m org x\n"},
           Case{"a $(echo $M) `echo x y` \"$(echo -n 'x  y')\"",
                "echo org/m\necho x y\necho -n <x  y>\na org/m x y <x  y>\n"},
           Case{"C=$(cat <<'EOF'\n{\"model\": \"$M\"}\nEOF\n)\na \"$C\"",
                "cat\n{C=<{\"model\": \"$M\"}>}\na <{\"model\": \"$M\"}>\n"},
           Case{"a $(pwd)", "pwd\na /app\n"},
           Case{"a $(echo -e x) $(echo 'a\\n') $(cat f) $(echo $SECRET)",
                "echo -e x\necho a\\n\ncat f\necho ?<$SECRET>\na ?<$(echo -e x)> ?<$(echo 'a\\n')> ?<$(cat f)> "
                "?<$(echo $SECRET)>\n"},
           Case{"a $(echo x; echo y) $(if b; then echo x; fi)",
                "echo x\necho y\nb\necho x\na ?<$(echo x; echo y)> ?<$(if b; then echo x; fi)>\n"},
       }) {
    expect_commands(each);
  }
}

std::string directories_of(const std::string& script, const ShellVariables& variables) {
  std::string out;
  for (const ShellCommand& command : models::read_shell_script(script, variables).commands) {
    if (!command.words.empty() && command.words.front().text != "cd") {
      out += command.words.front().text + ":" + command.directory.value_or("?") + " ";
    }
  }
  return out;
}

TEST(ShellKnown, EachCommandKnowsItsWorkingFolder) {
  for (const auto& [script, expected] : std::vector<std::pair<std::string, std::string>>{
           {"a; cd b; a; cd /c/../d; a; cd -; a", "a:/app a:/app/b a:/d a:? "},
           {"cd b && a; (cd c; a); a", "a:/app/b a:/app/b/c a:/app/b "},
           {"x && cd b; a", "x:/app a:? "},
           {"cd \"$SECRET\"; a; cd /b; a", "a:? a:/b "},
           {"cd; a; export HOME=/h; cd; a", "a:? export:? a:/h "},
           {"cd */x; a", "a:? "},
           {"pushd /x; a; popd; a", "pushd:/app a:? popd:? a:? "},
           {"if x; then cd /y; fi; a", "x:/app a:? "},
           {"cd x; a $PWD", "a:/app/x "},
       }) {
    EXPECT_EQ(directories_of(script, container()), expected) << script;
  }
  EXPECT_EQ(directories_of("a; cd x; a; cd /y; a", {}), "a:? a:? a:/y ");
}

std::string inputs_of(const std::string& script) {
  std::string out;
  for (const ShellCommand& command : models::read_shell_script(script, container()).commands) {
    if (command.input) {
      out += (command.input->known ? "<" : "?<") + command.input->text + ">";
    }
    if (command.output) {
      out += (command.appends ? ">>" : ">") + command.output->text;
    }
  }
  return out;
}

TEST(ShellKnown, HereDocumentsAreTheInputOfTheirCommand) {
  for (const auto& [script, expected] : std::vector<std::pair<std::string, std::string>>{
           {"a <<EOF\nx $M \"y\" \\$M \\\"\nEOF\n", "<x org/m \"y\" $M \\\"\n>"},
           {"a <<'EOF'\nx $M\nEOF\nb", "<x $M\n>"},
           {"a <<\\EOF\nx $M\nEOF\nb", "<x $M\n>"},
           {"a <<-EOF\n\tx\n\t\ty $M\n\tEOF\nb", "<x\ny org/m\n>"},
           {"a <<EOF\nx", "<x>"},
           {"a <<EOF\nEOF\n", "<>"},
           {"a <<EOF\n$SECRET $(b)\nEOF\n", "?<$SECRET $(b)\n>"},
           {"a <<EOF\n`\nEOF\nb", "?<>"},
           {"a <<A; b <<B\n1\nA\n2\nB\n", "<1\n><2\n>"},
           {"a <<< \"$M\"", "<org/m\n>"},
           {"cat <<EOF >f.py\nx\nEOF\n", "<x\n>>f.py"},
           {"cat > $M <<EOF\nx\nEOF\n", "<x\n>>org/m"},
           {"a 2>err 3<<EOF\nx\nEOF\nb 1>out; c >>more; d &>all", ">out>>more>all"},
       }) {
    EXPECT_EQ(inputs_of(script), expected) << script;
  }
}

}  // namespace
}  // namespace warmgate
