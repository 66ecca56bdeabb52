#include "wrappers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

struct Wrapper {
  std::string_view name;
  std::string_view value_options;  // options that consume the next word, separated by spaces
  int positionals;                 // words of its own after the options, before the program
  std::string_view subcommand;     // it wraps only with this first word, e.g. `uv run`
};

constexpr std::array kWrappers = {
    Wrapper{"exec", "-a", 0, ""},
    Wrapper{"command", "", 0, ""},
    Wrapper{"builtin", "", 0, ""},
    Wrapper{"nohup", "", 0, ""},
    Wrapper{"time", "-f -o", 0, ""},
    Wrapper{"setsid", "", 0, ""},
    Wrapper{"nice", "-n", 0, ""},
    Wrapper{"ionice", "-c -n", 0, ""},
    Wrapper{"stdbuf", "-i -o -e", 0, ""},
    Wrapper{"timeout", "-k -s", 1, ""},
    Wrapper{"tini", "-p -e", 0, ""},
    Wrapper{"dumb-init", "-r", 0, ""},
    Wrapper{"catatonit", "", 0, ""},
    Wrapper{"numactl", "-C -N -m -i -p", 0, ""},
    Wrapper{"taskset", "", 1, ""},
    Wrapper{"sudo", "-u -g", 0, ""},
    Wrapper{"nvidia_entrypoint.sh", "", 0, ""},
    Wrapper{"uv", "--with -p --python --env-file", 0, "run"},
    Wrapper{"uvx", "--from --with -p --python", 0, ""},
    Wrapper{"poetry", "", 0, "run"},
    Wrapper{"ray", "--address --min-nodes --num-gpus --num-cpus", 0, "symmetric-run"},
};

// A manifest that chains more of them is hostile.
constexpr int kMaxWrappers = 16;

bool is_assignment(const Word& word) {
  const std::size_t equals = word.text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return false;
  }
  const std::string_view name = std::string_view(word.text).substr(0, equals);
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool listed(std::string_view list, std::string_view word) {
  const std::vector<std::string_view> words = base::split(list, ' ');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The index of the first word after options (and their values) from `index` on.
std::size_t after_options(const std::vector<Word>& words, std::size_t index, std::string_view value_options) {
  while (index < words.size() && words[index].text.starts_with('-')) {
    const std::string& option = words[index++].text;
    if (option == "--") {
      break;
    }
    if (listed(value_options, option)) {
      ++index;
    }
  }
  return std::min(index, words.size());
}

void erase_front(std::vector<Word>& words, std::size_t count) {
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(count, words.size())));
}

bool strip_wrapper(std::vector<Word>& words) {
  const std::string name = program_name(words.front().text);
  for (const Wrapper& wrapper : kWrappers) {
    if (wrapper.name != name) {
      continue;
    }
    std::size_t index = 1;
    if (!wrapper.subcommand.empty()) {
      if (words.size() < 2 || words[1].text != wrapper.subcommand) {
        return false;
      }
      index = 2;
    }
    index = after_options(words, index, wrapper.value_options) + static_cast<std::size_t>(wrapper.positionals);
    if (index >= words.size()) {
      return false;
    }
    erase_front(words, index);
    return true;
  }
  return false;
}

// python3.11 -u -X dev -m MODULE … -> python -m MODULE …
void simplify_python(std::vector<Word>& words) {
  const std::string name = program_name(words.front().text);
  const bool python = name.starts_with("python") && name.find_first_not_of("0123456789.", 6) == std::string::npos;
  if (!python) {
    return;
  }
  std::size_t index = 1;
  while (index < words.size() && words[index].text.starts_with('-') && words[index].text != "-m" &&
         words[index].text != "-c") {
    index += words[index].text == "-X" || words[index].text == "-W" ? 2 : 1;
  }
  words.front().text = "python";
  words.erase(words.begin() + 1, words.begin() + static_cast<std::ptrdiff_t>(std::min(index, words.size())));
}

}  // namespace

std::string program_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::pair<std::string, Word>> strip_wrappers(std::vector<Word>& words) {
  std::vector<std::pair<std::string, Word>> assigned;
  for (int i = 0; i < kMaxWrappers && !words.empty(); ++i) {
    if (program_name(words.front().text) == "env") {
      erase_front(words, after_options(words, 1, "-u -C"));
      while (!words.empty() && is_assignment(words.front())) {
        Word value = words.front();
        const std::size_t equals = value.text.find('=');
        const std::string name = value.text.substr(0, equals);
        value.text.erase(0, equals + 1);
        assigned.emplace_back(name, std::move(value));
        erase_front(words, 1);
      }
    } else if (!strip_wrapper(words)) {
      simplify_python(words);
      break;
    }
  }
  return assigned;
}

std::optional<ShellInvocation> shell_invocation(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 6> kShells = {"sh", "bash", "ash", "dash", "zsh", "ksh"};
  if (std::find(kShells.begin(), kShells.end(), program_name(words.front().text)) == kShells.end()) {
    return std::nullopt;
  }
  ShellInvocation shell;
  bool command_string = false;
  std::size_t index = 1;
  for (; index < words.size(); ++index) {
    const std::string& option = words[index].text;
    if (option.size() < 2 || (option[0] != '-' && option[0] != '+')) {
      break;
    }
    if (option.starts_with("--")) {
      continue;
    }
    command_string |= option[0] == '-' && option.find('c') != std::string::npos;
    if (option.back() == 'o' || option.back() == 'O') {
      ++index;  // -o pipefail
    }
  }
  if (command_string && index < words.size()) {
    shell.script = words[index];
    shell.positional.assign(words.begin() + static_cast<std::ptrdiff_t>(index) + 1, words.end());
  }
  return shell;
}

}  // namespace warmgate::models
