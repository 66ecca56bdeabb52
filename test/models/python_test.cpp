// Python programs: which calls are found, with which arguments.
#include "warmgate/models/python.h"

#include <gtest/gtest.h>

#include <string>

namespace warmgate {
namespace {

using models::PythonArgument;
using models::PythonCall;
using models::PythonProgram;
using models::ShellVariables;
using models::ShellWord;

struct Case {
  std::string program;
  std::string calls;
};

ShellVariables container() {
  ShellVariables variables;
  variables.values = {{"MODEL", "org/m"}, {"SECRET", std::nullopt}};
  variables.image_unseen = true;
  variables.positional = {"-c", "org/argument"};
  return variables;
}

std::string written(const PythonArgument& argument) {
  std::string out = argument.unpacked ? "**" : argument.name.empty() ? "" : argument.name + "=";
  for (const ShellWord& word : argument.words) {
    out += (&word == argument.words.data() ? "" : "|") + (word.known ? word.text : "?");
  }
  return out;
}

std::string calls_of(const std::string& program, const ShellVariables& variables, const std::string& unknown = "") {
  const PythonProgram read = models::read_python_program(program, variables, unknown);
  std::string out;
  for (const PythonCall& call : read.calls) {
    out += call.function + "(";
    for (const PythonArgument& argument : call.arguments) {
      out += (&argument == call.arguments.data() ? "" : ", ") + written(argument);
    }
    out += ")";
    for (const auto& [name, value] : call.environment_changes) {
      out += " " + name + "=" + (value.known ? value.text : "?");
    }
    out += "\n";
  }
  return out + (read.problem ? "problem: " + *read.problem + "\n" : "");
}

void expect_calls(const Case& each) { EXPECT_EQ(calls_of(each.program, container()), each.calls) << each.program; }

const std::string kImport = "from huggingface_hub import snapshot_download as s\n";
const std::string kName = "huggingface_hub.snapshot_download";

std::string reason_of(const std::string& program) {
  for (const PythonCall& call : models::read_python_program(program, container()).calls) {
    for (const PythonArgument& argument : call.arguments) {
      for (const ShellWord& word : argument.words) {
        if (!word.known) {
          return word.unknown_reason;
        }
      }
    }
  }
  return "all is known";
}

TEST(Python, CallsOfLibrariesAreNamedByTheirPackage) {
  const std::vector<Case> cases = {
      Case{"import huggingface_hub; huggingface_hub.snapshot_download('a/b')", kName + "(a/b)\n"},
      Case{"import huggingface_hub as h\nh.snapshot_download('a/b')", kName + "(a/b)\n"},
      Case{"from huggingface_hub import login, snapshot_download\nlogin()\nsnapshot_download('a/b')",
           "huggingface_hub.login()\n" + kName + "(a/b)\n"},
      Case{"from huggingface_hub import (\n  snapshot_download,  # it\n)\nsnapshot_download('a/b')", kName + "(a/b)\n"},
      Case{"from huggingface_hub import *\nsnapshot_download('a/b')", kName + "(a/b)\n"},
      Case{"from huggingface_hub import HfApi\napi = HfApi()\napi.snapshot_download('a/b')",
           "huggingface_hub.HfApi()\n" + kName + "(a/b)\n"},
      Case{"from vllm import LLM, SamplingParams\nllm = LLM(model='a/b', revision='c')\nllm.generate(['x'])",
           "vllm.LLM(model=a/b, revision=c)\nvllm.generate(x)\n"},
      Case{"from transformers import AutoTokenizer, AutoConfig, AutoModelForCausalLM as M, AutoProcessor\n"
           "AutoTokenizer.from_pretrained('a')\nAutoConfig.from_pretrained('b')\nM.from_pretrained('c').to(0)\n"
           "AutoProcessor.from_pretrained('d')",
           "transformers.tokenizer.from_pretrained(a)\ntransformers.config.from_pretrained(b)\n"
           "transformers.from_pretrained(c)\ntransformers.to(0)\ntransformers.tokenizer.from_pretrained(d)\n"},
      Case{"snapshot_download('a/b')\nprint('x')", ""},
      Case{"def f(): pass\nf()\nclass C: pass\nC()", ""},
  };
  for (const Case& each : cases) {
    expect_calls(each);
  }
}

TEST(Python, ArgumentsAreLiteralsAndWhatIsMadeOfThem) {
  const std::vector<Case> cases = {
      Case{kImport + "s(\n  repo_id=\"a/b\",\n  revision='c',\n)", kName + "(repo_id=a/b, revision=c)\n"},
      Case{kImport + "s('a' '/' \"b\")", kName + "(a/b)\n"},
      Case{kImport + "s('''a/b''', r'c\\d', 'e\\tf', b'x', u'y')", kName + "(a/b, c\\d, e\tf, ?, y)\n"},
      Case{kImport + "s('a', revision=None, n=4, t=True)", kName + "(a, n=4, t=True)\n"},
      Case{kImport + "M = 'org'\ns(M + '/m')\ns(f'{M}/m')\ns(f\"{M}/{M!r}\")\ns(f'{{{M}}}')",
           kName + "(org/m)\n" + kName + "(org/m)\n" + kName + "(?)\n" + kName + "({org})\n"},
      Case{kImport + "M: str = 'a'; N = P = M; s(N, P)", kName + "(a, a)\n"},
      Case{kImport + "M = 'a'\nM += '/b'\ns(M)", kName + "(a/b)\n"},
      Case{kImport + "s(allow_patterns=['*.json', '*.txt'])", kName + "(allow_patterns=*.json|*.txt)\n"},
      Case{kImport + "k = {'revision': 'c', \"x\": 1}\ns('a', **k)\ns('a', **dict(revision='d'))",
           kName + "(a, revision=c, x=1)\n" + kName + "(a, revision=d)\n"},
      Case{kImport + "s(*x, **y)", kName + "(**?, **?)\n"},
      Case{kImport + "L = ['a', 'b']\ns(L[1], {'k': 'v'}['k'])", kName + "(b, v)\n"},
      Case{kImport + "L = ['a']\nL.append('b')\ns(L[0])", kName + "(?)\n"},
      Case{kImport + "D = {'a': 'b'}\nD['a'] = 'c'\ns(D['a'])", kName + "(?)\n"},
      Case{kImport + "s('a' if x else 'b', 'c' if x else 'c', 'd'.strip(), '%s' % 'e', not 'f', -1)",
           kName + "(?, c, ?, ?, ?, ?)\n"},
      Case{kImport + "import sys, os, pathlib\ns(sys.argv[1], sys.argv[2], os.path.join('/m', 'x'), "
                     "str(pathlib.Path('/m') / 'y'))",
           kName + "(org/argument, ?, /m/x, /m/y)\n"},
      Case{kImport + "s(lambda x: x, [x for x in y], '\\u00e9')", kName + "(?, ?, ?)\n"},
      Case{kImport + "print(s('a'), (s)('b'))", kName + "(a)\n" + kName + "(b)\n"},
  };
  for (const Case& each : cases) {
    expect_calls(each);
  }
}

TEST(Python, TheEnvironmentIsThatOfTheContainer) {
  const std::string import = "import os\n" + kImport;
  const std::vector<Case> cases = {
      Case{import + "s(os.environ['MODEL'], os.environ.get('MODEL'), os.getenv('MODEL', 'x'))",
           kName + "(org/m, org/m, org/m)\n"},
      Case{import + "s(os.environ['NONE'], os.getenv('NONE'), os.getenv('NONE', 'x'), os.getenv('NONE') or 'y')",
           kName + "(?, x, y)\n"},
      Case{import + "s(os.environ['SECRET'], os.environ.get('SECRET', 'x'))", kName + "(?, ?)\n"},
      Case{"import os\nos.environ['HF_HOME'] = '/c'\nos.environ.setdefault('X', 'y')\n" + kImport + "s('a')",
           kName + "(a) HF_HOME=/c X=y\n"},
      Case{import + "os.environ['HF_HOME'] = '/late'\ns('a')", kName + "(a)\n"},
      Case{"import os, transformers\nos.environ['HF_HOME'] = '/late'\n" + kImport + "s('a')", kName + "(a)\n"},
      Case{"from os import environ\nenviron.update({'HF_HOME': '/c'}, X='y')\n" + kImport + "s('a')",
           kName + "(a) HF_HOME=/c X=y\n"},
      Case{"import os\nos.environ['HF_HOME'] = x\n" + kImport + "s('a', os.environ['HF_HOME'])",
           kName + "(a, ?) HF_HOME=?\n"},
  };
  for (const Case& each : cases) {
    expect_calls(each);
  }
  ShellVariables open = container();
  open.open = true;
  EXPECT_EQ(calls_of(import + "s(os.getenv('NONE', 'x'))", open), kName + "(?)\n");
}

TEST(Python, BranchesLoopsAndFunctionsAreReadInOrder) {
  const std::vector<Case> cases = {
      Case{kImport + "if __name__ == '__main__':\n  M = 'a'\n  s(M)\ns(M)", kName + "(a)\n" + kName + "(a)\n"},
      Case{kImport + "M = 'a'\nif x:\n  M = 'b'\n  s(M)\ns(M)", kName + "(b)\n" + kName + "(?)\n"},
      Case{kImport + "M = 'a'\nif x:\n  M = 'b'\n  raise SystemExit\ns(M)", kName + "(a)\n"},
      Case{kImport + "if x: s('a')\nelse: s('b'); s('c')", kName + "(a)\n" + kName + "(b)\n" + kName + "(c)\n"},
      Case{kImport + "for m in ['a', 'b']:\n  s(m)\ns(m)", kName + "(a)\n" + kName + "(b)\n" + kName + "(?)\n"},
      Case{kImport + "for m, n in (('a', 'b'),):\n  s(m)", kName + "(?)\n"},
      Case{kImport + "while x:\n  s(M)\n  M = 'a'\n", kName + "(?)\n"},
      Case{kImport + "M = 'a'\nwhile x:\n  s(M)\n  M = 'b'\n", kName + "(?)\n"},
      Case{kImport + "try:\n  M = 'a'\nexcept Exception as e:\n  M = 'b'\nfinally:\n  s(M)", kName + "(?)\n"},
      Case{kImport + "with open('x') as f:\n  s('a', f)", kName + "(a, ?)\n"},
      Case{kImport + "def get(repo, rev='main', *rest):\n  s(repo, revision=rev)\nget('a')\nget('b', rev='c')",
           kName + "(a, revision=main)\n" + kName + "(b, revision=c)\n"},
      Case{kImport + "def get(repo):\n  s(repo)\n", kName + "(?)\n"},
      Case{kImport + "M = 'a'\ndef main():\n  M = 'b'\n  s(M)\nmain()\ns(M)", kName + "(b)\n" + kName + "(a)\n"},
      Case{kImport + "M = 'a'\ndef main():\n  global M\n  M = 'b'\nmain()\ns(M)", kName + "(b)\n"},
      Case{kImport + "def f():\n  return s('a')\n  s('b')\nf()", kName + "(a)\n"},
      Case{kImport + "def f(n):\n  f(n)\nf('a')", ""},
      Case{"class D:\n  def __init__(self):\n    from vllm import LLM\n    self.llm = LLM(model='a')\n",
           "vllm.LLM(model=a)\n"},
      Case{kImport + "async def f():\n  await s('a')\n", kName + "(a)\n"},
  };
  for (const Case& each : cases) {
    expect_calls(each);
  }
}

TEST(Python, UnknownArgumentsSayWhy) {
  EXPECT_EQ(reason_of(kImport + "s(M)"), "M is not set in the program");
  EXPECT_EQ(reason_of(kImport + "import os\ns(os.environ['NONE'])"),
            "the environment variable NONE is not set in the manifest");
  EXPECT_EQ(reason_of(kImport + "import os\ns(os.environ['SECRET'])"),
            "the environment variable SECRET cannot be read from the manifest");
  EXPECT_EQ(reason_of(kImport + "if x: M = 'a'\ns(M)"), "M is set in a branch of the program");
  EXPECT_EQ(reason_of(kImport + "def f(repo): s(repo)"),
            "repo is an argument of a function that the program does not call");
  EXPECT_EQ(reason_of(kImport + "s('a' if x else 'b')"), "it depends on a condition in the program");
}

TEST(Python, PartsThatTheShellExpandsAreUnknown) {
  EXPECT_EQ(calls_of(kImport + "s('$M', 'b', f'{1}')", container(), "$M is not set"), kName + "(?, b, 1)\n");
  EXPECT_EQ(calls_of(kImport + "s($M)", container(), "$M is not set"), "problem: `$` is no Python on line 2\n");
}

TEST(Python, EachArgumentKnowsWhereItIsWritten) {
  const std::string program = kImport + "s('a/b', revision=\"c\", x=y)";
  const models::PythonProgram read = models::read_python_program(program, {});
  std::string places;
  for (const PythonArgument& argument : read.calls.at(0).arguments) {
    const ShellWord& word = argument.words.front();
    places += program.substr(word.begin, word.end - word.begin) + ",";
  }
  EXPECT_EQ(places, "a/b,c,y,");
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

TEST(Python, BrokenAndHostileProgramsEnd) {
  const auto problem = [](const std::string& program) {
    return models::read_python_program(program, {}).problem.value_or("none");
  };
  EXPECT_EQ(problem("x = 'a"), "a string is never closed on line 1");
  EXPECT_EQ(problem("\nx = '''a\n\n"), "a string is never closed on line 2");
  EXPECT_EQ(problem("x = ?"), "`?` is no Python on line 1");
  EXPECT_EQ(problem(std::string((1U << 20) + 1, 'a')), "it is longer than 1048576 bytes");
  EXPECT_EQ(problem(repeated("(", 1000)), "it nests more than 50 levels deep");
  EXPECT_EQ(problem(repeated("x,", 150'000)), "it has more than 200000 tokens");
  const std::vector<std::string> programs = {
      repeated("[", 1000),
      repeated("{", 1000),
      repeated("f(", 1000),
      repeated("lambda: ", 1000),
      repeated("not ", 1000),
      repeated("x if y else ", 1000),
      "x = 'a'\n" + repeated("x = x + x\n", 100),
      "x = ['a']\n" + repeated("x = x + x\n", 100),
      "x = ['a']\n" + repeated("x = [x, x, x]\n", 100),
      "x = 'a'\n" + repeated("x = f'{x}{x}{x}'\n", 100),
      repeated("for a in [1,2,3,4,5,6,7,8,9,10]: ", 1) + "\n" +
          [] {
            std::string text;
            for (int i = 0; i < 12; ++i) {
              text.append(static_cast<std::size_t>(i) + 1, ' ').append("for a in [1,2,3,4,5,6,7,8,9,10]:\n");
            }
            return text + std::string(14, ' ') + "x()\n";
          }(),
      [] {
        std::string text = "def f0(): x\n";
        for (int i = 1; i < 40; ++i) {
          const std::string before = "f" + std::to_string(i - 1) + "()";
          text.append("def f").append(std::to_string(i)).append("():\n  ").append(before);
          text.append("\n  ").append(before).append("\n");
        }
        return text + "f39()\n";
      }(),
      [] {
        std::string text;
        for (std::size_t i = 0; i < 200; ++i) {
          text.append(i, ' ').append("if x:\n");
        }
        return text + std::string(200, ' ') + "x\n";
      }(),
  };
  for (const std::string& program : programs) {
    EXPECT_NE(problem(program), "none") << program.substr(0, 60);
  }
  for (const std::string& program :
       {std::string(")"), std::string("]}:=,"), std::string("def"), std::string("from"), std::string("import"),
        std::string("for"), std::string("x["), std::string("x."), std::string("f'{'"), std::string("def f(="),
        std::string("a[b] = c = "), std::string("class"), std::string("if"), std::string("lambda"),
        std::string("for x in"), std::string("async"), std::string("global"), std::string("=\n=="),
        std::string("from . import *\nx()")}) {
    calls_of(program, container());
  }
}

}  // namespace
}  // namespace warmgate
