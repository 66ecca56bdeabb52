#include "warmgate/models/command_line.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/models/shell.h"
#include "wrappers.h"

namespace warmgate::models {
namespace {

using document::View;

// sh -c "bash -c '...'" and the like; more is nobody's manifest.
constexpr int kMaxNesting = 4;

// `text` is nothing but a reference to one variable: $(NAME) for the kubelet, $NAME or ${NAME} for a shell, quoted or
// not. Then the place to mend is the variable.
std::optional<std::string> sole_variable(std::string_view text, bool shell) {
  if (shell && text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (!text.starts_with('$')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const char open = shell ? '{' : '(';
  const char close = shell ? '}' : ')';
  if (text.starts_with(open) && text.ends_with(close)) {
    text = text.substr(1, text.size() - 2);
  } else if (!shell) {
    return std::nullopt;
  }
  const bool name = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return name ? std::optional(std::string(text)) : std::nullopt;
}

Location place_of(const kube::Environment& environment, const std::optional<std::string>& variable,
                  const std::string& value, Location otherwise) {
  const kube::EnvValue* found = variable ? environment.find(*variable) : nullptr;
  if (found == nullptr || found->pointer.empty() || (found->value && *found->value != value)) {
    return otherwise;
  }
  return {found->pointer + (found->value ? "/value" : ""), 0, 0, false};
}

std::string unreadable_reason(const kube::Environment& environment, const std::string& name) {
  const kube::EnvValue* variable = environment.find(name);
  if (variable != nullptr) {
    return "$(" + name + ") comes from " + variable->origin;
  }
  return "$(" + name + ") may come from " + environment.sources().front();
}

// envsubst and templates leave these; no kubelet and no engine expands them.
std::string placeholder_reason(std::string_view text) {
  for (const std::string_view mark : {"${", "{{"}) {
    if (const std::size_t at = text.find(mark); at != std::string_view::npos) {
      constexpr std::size_t kMaxShown = 40;
      return "\"" + base::one_line(text.substr(at), kMaxShown) + "\" is a placeholder that must be rendered first";
    }
  }
  return "";
}

Word container_word(const kube::Environment& environment, const View& item) {
  const std::string written = item.text();
  kube::Expansion expansion = environment.expand(written);
  Word word;
  word.text = std::move(expansion.text);
  word.location = place_of(environment, sole_variable(written, false), word.text, {item.pointer(), 0, 0, false});
  if (!expansion.unreadable.empty()) {
    word.known = false;
    word.unknown_reason = unreadable_reason(environment, expansion.unreadable.front());
  } else if (std::string reason = placeholder_reason(word.text); !reason.empty()) {
    word.known = false;
    word.unknown_reason = std::move(reason);
  }
  return word;
}

class Reader {
 public:
  explicit Reader(Commands& out) : out_(out) {}

  // `script_line`: the words as written in the script they come from, "" for a container's own argv.
  void read(std::vector<Word> words, const kube::Environment& environment, const std::string& script_line,
            int nesting) {
    kube::Environment own = environment;
    for (int i = 0; i < kMaxNesting; ++i) {
      for (const auto& [name, value] : strip_wrappers(words)) {
        own.set(name, {value.known ? std::optional(value.text) : std::nullopt, value.unknown_reason, ""});
      }
      const auto present = std::find_if_not(words.begin(), words.end(), [](const Word& word) { return word.absent; });
      if (present == words.begin()) {
        break;
      }
      words.erase(words.begin(), present);  // `exec $NICE vllm serve …`
    }
    if (words.empty()) {
      return;
    }
    const std::optional<ShellInvocation> shell = shell_invocation(words);
    if (!shell) {
      out_.lines.push_back({std::move(words), std::move(own), script_line});
      return;
    }
    if (!shell->script) {
      unreadable("it runs a script file, which is not in the manifest", words.front().location);
      return;
    }
    read_script(*shell, own, nesting);
  }

 private:
  void unreadable(const std::string& reason, const Location& at) {
    if (out_.unreadable.empty()) {
      out_.unreadable = reason;
      out_.unreadable_at = at;
    }
  }

  void read_script(const ShellInvocation& shell, const kube::Environment& environment, int nesting) {
    const Word& script = *shell.script;
    // An unreadable $(VAR) of the kubelet stays in the text, where the shell reader takes it for what it is: unknown.
    // And ${VAR} is the shell's own.
    const bool unknown = !script.known && nesting > 0;
    if (unknown || nesting >= kMaxNesting) {
      unreadable(
          !unknown ? "its scripts are nested too deeply" : "its script cannot be known: " + script.unknown_reason,
          script.location);
      return;
    }
    ShellVariables variables;
    variables.open = environment.open();
    variables.image_unseen = true;
    for (const auto& [name, value] : environment.all()) {
      const bool readable = value.value && placeholder_reason(*value.value).empty();
      variables.values[name] = readable ? value.value : std::nullopt;
    }
    for (const Word& word : shell.positional) {
      variables.positional.push_back(word.known ? std::optional(word.text) : std::nullopt);
    }
    const ShellScript read = read_shell_script(script.text, variables);
    if (read.problem) {
      unreadable("its script cannot be read to the end: " + *read.problem, script.location);
    }
    for (const ShellCommand& command : read.commands) {
      read_command(command, script, environment, nesting);
    }
  }

  void read_command(const ShellCommand& command, const Word& script, const kube::Environment& environment,
                    int nesting) {
    if (command.words.empty()) {
      return;
    }
    kube::Environment own = environment;
    for (const auto& [name, value] : command.environment_changes) {
      own.set(name, {value.known ? std::optional(value.text) : std::nullopt, value.unknown_reason, ""});
    }
    std::vector<Word> words;
    for (const ShellWord& word : command.words) {
      words.push_back(script_word(word, script, environment));
    }
    const std::size_t begin = command.words.front().begin;
    const std::size_t end = std::min(command.words.back().end, script.text.size());
    std::string line = begin < end ? script.text.substr(begin, end - begin) : std::string();
    read(std::move(words), own, line.empty() ? script.text : line, nesting + 1);
  }

  static Word script_word(const ShellWord& word, const Word& script, const kube::Environment& environment) {
    Word out{word.text, word.known, word.unknown_reason, script.location, word.absent};
    const bool in_place = script.location.length == 0 && word.begin < word.end && word.end <= script.text.size();
    if (in_place) {
      out.location.offset = word.begin;
      out.location.length = word.end - word.begin;
      const std::string_view written = std::string_view(script.text).substr(word.begin, word.end - word.begin);
      out.location = place_of(environment, sole_variable(written, true), word.text, out.location);
    }
    return out;
  }

  Commands& out_;
};

}  // namespace

Commands read_commands(const kube::Container& container, const std::optional<ImageMatch>& image) {
  kube::Environment environment(container);
  if (image) {
    for (const auto& [name, value] : environment_of(*image)) {
      environment.add_image_default(name, value);
    }
  }
  std::vector<Word> words;
  const View command = container.view["command"];
  if (command.size() == 0 && image) {
    for (const std::string& part : entrypoint_of(*image)) {
      words.push_back({part, true, "", {container.view["image"].pointer(), 0, 0, false}});
    }
  }
  for (const View& list : {command, container.view["args"]}) {
    for (const View& item : list.items()) {
      words.push_back(container_word(environment, item));
    }
  }
  Commands commands;
  Reader(commands).read(std::move(words), environment, "", 0);
  return commands;
}

}  // namespace warmgate::models
