// Lists, branches, loops, functions: which commands a script runs, and what its variables hold there.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "shell_reading.h"
#include "warmgate/models/shell.h"

namespace warmgate {
namespace {

using models::ShellVariables;
using testing::commands_of;
using testing::reason_of;

struct Case {
  std::string script;
  std::string commands;
};

ShellVariables container() {
  ShellVariables variables;
  variables.values = {{"M", "m0"}, {"HF_HOME", "/cache"}, {"SECRET", std::nullopt}};
  return variables;
}

void expect_commands(const Case& each) {
  EXPECT_EQ(commands_of(each.script, container()), each.commands) << each.script;
}

TEST(ShellFlow, EveryCommandOfAListIsListedInOrder) {
  for (const Case& each : {
           Case{"a; b\nc & d && e || f | g |& h", "a\nb\nc\nd\ne\nf\ng\nh\n"},
           Case{"a &&\n  b ||\n\n  c", "a\nb\nc\n"},
           Case{"( a; ( b ) ); { c; }; ! d", "a\nb\nc\nd\n"},
           Case{"if a; then b; elif c; then d; else e; fi; f", "a\nb\nc\nd\ne\nf\n"},
           Case{"while a; do b; done; until c; do d; done", "a\nb\nc\nd\n"},
           Case{"case $SECRET in x|y) a ;; (*) b; esac; c", "a\nb\nc\n"},
           Case{"case $SECRET in\n  x) ;;\n  'y z') a\nesac", "a\n"},
           Case{"[[ -n $M && ( $M == m* ) ]] && a", "[[ -n m0 && ( m0 == m* )\na\n"},
           Case{"((i++)); for ((i = 0; i < 3; i++)); do a $i; done", "a ?<$i>\n"},
           Case{"((a) ; b)", "a\nb\n"},
           Case{"echo fi done } then", "echo fi done } then\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellFlow, RedirectionsAndHereDocumentsAreNoWords) {
  for (const Case& each : {
           Case{"a >b 2>&1 c </dev/null &>>d", "a c\n"},
           Case{"a 2 >b; c 2>b; >d; exec 3<>e", "a 2\nc\nexec\n"},
           Case{"a > >(tee log) 2>&1; b", "tee log\na\nb\n"},
           Case{"cat <<EOF >f\nhf download x 'it\n`$(\nEOF\na", "cat\na\n"},
           Case{"cat <<'E F'\nx\nE F\na", "cat\na\n"},
           Case{"cat <<-EOF; b\n\tx\n\tEOF\na", "cat\nb\na\n"},
           Case{"cat <<A <<B\n1\nA\n2\nB\na", "cat\na\n"},
           Case{"a $(cat <<EOF\n')\nEOF\n) b", "cat\na ') b\n"},
           Case{"a <<< \"$M\" b", "a b\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellFlow, AssignmentsHoldFromThereOn) {
  for (const Case& each : {
           Case{"a $X; X=1; a $X; X=2$X; a $X", "a\n{X=1}\na 1\n{X=21}\na 21\n"},
           Case{"X='b c'; a $X \"$X\"", "{X=<b c>}\na b c <b c>\n"},
           Case{"X=1 Y=$X; a $Y", "{X=1} {Y=1}\na 1\n"},
           Case{"X=1 a $X; b $X", "{X=1} a\nb\n"},
           Case{"export X=$M; a $X", "export X=m0\na m0\n"},
           Case{"export X='b c' Y; a \"$X\"", "export <X=b c> Y\na <b c>\n"},
           Case{"X=1; X+=2; a $X", "{X=1}\n{X=12}\na 12\n"},
           Case{"unset M; a \"$M\"", "unset M\na <>\n"},
           Case{"a X=1 --o=$M", "a X=1 --o=m0\n"},
           Case{"(X=1; a $X); b $X", "{X=1}\na 1\nb\n"},
           Case{"X=1 | a $X; X=2 & b $X", "{X=1}\na\n{X=2}\nb\n"},
           Case{"a $(X=1; b $X) $X", "{X=1}\nb 1\na ?<$(X=1; b $X)>\n"},
           Case{"X=1 && a $X", "{X=1}\na 1\n"},
           Case{"export X=1 && Y=2; a $X $Y", "export X=1\n{Y=2}\na 1 2\n"},
           Case{"printf -v X %s y; a $X", "printf -v X %s y\na ?<$X>\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellFlow, WhatBranchesChangeIsUnknownAfterwardsUnlessTheyAgree) {
  for (const Case& each : {
           Case{"if a; then M=1; b $M; else M=2; b $M; fi; c $M", "a\n{M=1}\nb 1\n{M=2}\nb 2\nc ?<$M>\n"},
           Case{"if a; then M=1; else M=1; fi; c $M", "a\n{M=1}\n{M=1}\nc 1\n"},
           Case{"if a; then M=1; fi; c $M", "a\n{M=1}\nc ?<$M>\n"},
           Case{"if a; then M=m0; fi; c $M", "a\n{M=m0}\nc m0\n"},
           Case{"if a; then X=1; fi; c $X $M", "a\n{X=1}\nc ?<$X> m0\n"},
           Case{"case $SECRET in x) M=1 ;; *) M=1 ;; esac; c $M", "{M=1}\n{M=1}\nc 1\n"},
           Case{"case $SECRET in x) M=1 ;; y) M=1 ;; esac; c $M", "{M=1}\n{M=1}\nc ?<$M>\n"},
           Case{"case a in x) M=1 ;& y) b $M ;; esac", "{M=1}\nb ?<$M>\n"},
           Case{"a && M=1; c $M", "a\n{M=1}\nc ?<$M>\n"},
           Case{"a && M=1 && b $M || c $M", "a\n{M=1}\nb 1\nc ?<$M>\n"},
           Case{"a || M=1; c $M", "a\n{M=1}\nc ?<$M>\n"},
           Case{"if a; then set -- x; fi; c \"$@\"", "a\nset -- x\nc ?<$@>\n"},
           Case{": ${SECRET:+${X:=1}}; c $X", ": ?<${SECRET:+${X:=1}}>\nc ?<$X>\n"},
       }) {
    expect_commands(each);
  }
  EXPECT_EQ(reason_of("if a; then M=1; fi; c $M"), "$M is set differently by branches of the script");
  EXPECT_EQ(reason_of("a && M=1; c $M"), "$M depends on whether another command of the script succeeds");
}

TEST(ShellFlow, LoopsOverKnownWordsAreUnrolled) {
  std::string twenty;
  for (int i = 0; i < 20; ++i) {
    twenty += " w" + std::to_string(i);
  }
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  EXPECT_EQ(lines(commands_of("for w in" + twenty + "; do a $w; done")), 20);
  EXPECT_EQ(commands_of("for w in" + twenty + " more; do a $w; done"), "a ?<$w>\n");
  ShellVariables arguments;
  arguments.positional = {"sh", "x", "y z"};
  EXPECT_EQ(commands_of("for w; do a \"$w\"; done", arguments), "a x\na <y z>\n");
  for (const Case& each : {
           Case{"for m in a/b \"c d\" $M; do hf download $m; done",
                "hf download a/b\nhf download c d\nhf download m0\n"},
           Case{"for m in; do a; done; b", "b\n"},
           Case{"for m in *.json $(ls); do a $m; done", "ls\na ?<$m>\n"},
           Case{"for m in x y\ndo\n  a $m\ndone; b $m", "a x\na y\nb ?<$m>\n"},
           Case{"for m in x; do X=$m; done; b $X", "{X=x}\nb ?<$X>\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellFlow, WhatALoopChangesIsUnknownFromItsFirstTurnOn) {
  for (const Case& each : {
           Case{"while a; do b $M; M=1; b $M; done; c $M", "a\nb ?<$M>\n{M=1}\nb 1\nc ?<$M>\n"},
           Case{"until hf download $M; do sleep 5; done", "hf download m0\nsleep 5\n"},
           Case{"while a; do while b; do M=1; done; c $M; done", "a\nb\n{M=1}\nc ?<$M>\n"},
           Case{"cat f | while read -r l; do a $l; done", "cat f\nread -r l\na ?<$l>\n"},
           Case{"for i in 1 2; do b $X; if a; then X=1; continue; fi; X=2; done",
                "b\na\n{X=1}\ncontinue\n{X=2}\nb ?<$X>\na\n{X=1}\ncontinue\n{X=2}\n"},
       }) {
    expect_commands(each);
  }
  EXPECT_EQ(reason_of("while a; do M=1; done; c $M"), "$M changes in a loop of the script");
}

TEST(ShellFlow, FunctionsAreListedWhereTheyAreCalled) {
  for (const Case& each : {
           Case{"f() { hf download \"$1\" --revision $2; }\nf a/b c1\nf d/e c2",
                "hf download a/b --revision c1\nhf download d/e --revision c2\n"},
           Case{"function f { a $#; X=1; }; f; b $X", "a 0\n{X=1}\nb 1\n"},
           Case{"f() { local X=1; a $X; }; X=0; f; b $X", "{X=0}\nlocal X=1\na 1\nb 0\n"},
           Case{"f() { a $X; }; X=1 f; b $X", "a 1\nb\n"},
           Case{"f() { a \"$1\"; }; f; set -- x; f y; b \"$1\"", "a <>\nset -- x\na y\nb x\n"},
           Case{"f() { if a; then X=1; return; fi; X=2; }; f; b $X", "a\n{X=1}\nreturn\n{X=2}\nb ?<$X>\n"},
           Case{"f() { a; f; }; f", "a\nf\n"},
           Case{"f() { g; }; g() { a; }; f", "a\n"},
           Case{"f() { a $1; }; b; trap f EXIT", "b\ntrap f EXIT\na ?<$1>\n"},
           Case{"f() { a; }; f() { b; }; f", "b\na\n"},
           Case{"f() (a); f; f | c", "a\na\nc\n"},
           Case{"x && f y; f() { a; }; set -- p; x && f y; b $1", "x\nf y\nset -- p\nx\na\nb p\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellFlow, EvalIsReadAgainWhenItsWordsAreKnown) {
  for (const Case& each : {
           Case{"eval \"vllm serve $M\" '--x \"y z\"'", "vllm serve m0 --x <y z>\n"},
           Case{"C='X=1; a'; eval $C; b $X", "{C=<X=1; a>}\n{X=1}\na\nb 1\n"},
           Case{"X=1 eval 'a $X'; b $X", "a 1\nb\n"},
           Case{"eval \"$(conda shell.bash hook)\"; a $M $X",
                "conda shell.bash hook\neval ?<$(conda shell.bash hook)>\na m0 ?<$X>\n"},
           Case{"eval 'a \"b'; c", "c\nproblem: the quote (\") is never closed (in text that it runs)\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellFlow, ASourcedFileMaySetWhatTheScriptDoesNot) {
  EXPECT_EQ(commands_of(". /etc/env; a $X $M", container()), ". /etc/env\na ?<$X> m0\n");
  EXPECT_EQ(reason_of("source /etc/env; a $X"), "$X may be set by /etc/env");
  EXPECT_EQ(commands_of("source /opt/venv/bin/activate; a $X b"), "source /opt/venv/bin/activate\na b\n");
}

TEST(ShellFlow, CommandsSeeWhatIsExported) {
  const std::string script = "X=1\nexport HF_HOME=/data Y\nY=2\na\n(M=5; b)\nunset HF_HOME\nZ=3 c\nset -a; W=1; d\n";
  const models::ShellScript read = models::read_shell_script(script, container());
  std::map<std::string, std::string> seen;
  for (const models::ShellCommand& command : read.commands) {
    if (command.words.empty()) {
      continue;
    }
    std::string& text = seen[command.words.front().text];
    for (const auto& [name, value] : command.environment_changes) {
      text += name + "=" + (value.known ? value.text : "? " + value.unknown_reason) + ";";
    }
  }
  EXPECT_EQ(seen["a"], "HF_HOME=/data;Y=2;");
  EXPECT_EQ(seen["b"], "HF_HOME=/data;M=5;Y=2;");
  EXPECT_EQ(seen["c"], "HF_HOME=? $HF_HOME is unset by the script;Y=2;Z=3;");
  EXPECT_EQ(seen["d"], "HF_HOME=? $HF_HOME is unset by the script;W=1;Y=2;");
}

}  // namespace
}  // namespace warmgate
