// Property: a command line written in any of the ways a shell quotes is read as the words it was made of.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "warmgate/models/shell.h"

namespace warmgate {
namespace {

using models::ShellCommand;

// Characters that mean something to a shell, and a few that do not.
const std::string kCharacters = "ab/-_.:=@%+,0 \t\n'\"\\$`!#&|;<>()[]{}*?~^";

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  std::vector<std::string> words() {
    std::vector<std::string> words(1 + below(6));
    for (std::string& word : words) {
      const std::size_t size = below(9);
      while (word.size() < size) {
        word += kCharacters[below(kCharacters.size())];
      }
    }
    words.front() = "p" + words.front();  // a program: no keyword, no assignment
    return words;
  }

  // `word` as shell text, each part of it quoted in another way.
  std::string render(const std::string& word) {
    std::string out = word.empty() ? "''" : "";
    for (std::size_t at = 0; at < word.size();) {
      const std::size_t size = 1 + below(word.size() - at);
      const std::string part = word.substr(at, size);
      switch (below(4)) {
        case 0:
          out += single_quoted(part);
          break;
        case 1:
          out += double_quoted(part);
          break;
        case 2:
          out += ansi_quoted(part);
          break;
        default:
          out += escaped(part);
      }
      at += size;
    }
    return out;
  }

  std::string space() {
    static const std::vector<std::string> kSpaces = {" ", "  ", "\t", " \\\n", " \\\n  "};
    return kSpaces[below(kSpaces.size())];
  }

 private:
  static std::string single_quoted(const std::string& part) {
    std::string out = "'";
    for (const char c : part) {
      out += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return out + "'";
  }

  static std::string double_quoted(const std::string& part) {
    std::string out = "\"";
    for (const char c : part) {
      out += (std::string("\"\\$`").find(c) != std::string::npos ? "\\" : "") + std::string(1, c);
    }
    return out + "\"";
  }

  static std::string ansi_quoted(const std::string& part) {
    std::string out = "$'";
    for (const char c : part) {
      out += c == '\n'                ? "\\n"
             : c == '\t'              ? "\\t"
             : c == '\'' || c == '\\' ? "\\" + std::string(1, c)
                                      : std::string(1, c);
    }
    return out + "'";
  }

  static std::string escaped(const std::string& part) {
    std::string out;
    for (const char c : part) {
      out += c == '\n' ? std::string("'\n'") : "\\" + std::string(1, c);
    }
    return out;
  }

  std::mt19937 random_;
};

TEST(ShellRendering, IsReadBackAsTheWordsItWasMadeOf) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Generator generator(seed);
    std::string script;
    std::vector<std::vector<std::string>> expected;
    const std::size_t commands = 1 + generator.below(3);
    for (std::size_t i = 0; i < commands; ++i) {
      expected.push_back(generator.words());
      for (const std::string& word : expected.back()) {
        script += generator.render(word) + generator.space();
      }
      script += generator.below(2) == 0 ? "\n" : ";";
    }
    const models::ShellScript read = models::read_shell_script(script, {});
    std::vector<std::vector<std::string>> words;
    for (const ShellCommand& command : read.commands) {
      words.emplace_back();
      for (const models::ShellWord& word : command.words) {
        words.back().push_back(word.known ? word.text : "unknown: " + word.unknown_reason);
      }
    }
    ASSERT_EQ(words, expected) << "seed " << seed << ":\n" << script;
    ASSERT_EQ(read.problem, std::nullopt) << "seed " << seed << ":\n" << script;
  }
}

// A variable's value is one word within double quotes, whatever is in it.
TEST(ShellRendering, AQuotedVariableIsTheWordThatItHolds) {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    Generator generator(seed);
    const std::vector<std::string> expected = generator.words();
    std::string script = "p";
    models::ShellVariables variables;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      script += " \"${V" + std::to_string(i) + "}\"";
      variables.values["V" + std::to_string(i)] = expected[i];
    }
    const models::ShellScript read = models::read_shell_script(script, variables);
    ASSERT_EQ(read.commands.size(), 1U) << script;
    ASSERT_EQ(read.commands[0].words.size(), expected.size() + 1) << script;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(read.commands[0].words[i + 1].text, expected[i]) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace warmgate
