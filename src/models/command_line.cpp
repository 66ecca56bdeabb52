#include "warmgate/models/command_line.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "container_reader.h"
#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

using document::View;

// sh -c "bash -c '...'" and the like; more is nobody's manifest.
constexpr int kMaxNesting = 4;

// Of one container: of all its scripts, the nested ones included, and of what they run and write.
constexpr std::size_t kMaxScriptBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxLines = 20'000;
constexpr std::size_t kMaxFiles = 1000;

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

}  // namespace

Location place_of(const kube::Environment& environment, const std::optional<std::string>& variable,
                  const std::string& value, Location otherwise) {
  const kube::EnvValue* found = variable ? environment.find(*variable) : nullptr;
  if (found == nullptr || found->pointer.empty() || (found->value && *found->value != value)) {
    return otherwise;
  }
  return {found->place(), 0, 0, false};
}

Location place_in(const Word& script, std::size_t begin, std::size_t end) {
  const Location& whole = script.location;
  // The text as it stands there, with or without quotes around it; anything else was expanded.
  const std::size_t size = script.text.size();
  if (begin >= end || end > size || (whole.length != 0 && whole.length != size && whole.length != size + 2)) {
    return whole;
  }
  const std::size_t quote = whole.length == size + 2 ? 1 : 0;
  return {whole.pointer, whole.offset + quote + begin, end - begin, false, whole.object};
}

Word word_of(const ShellWord& word, const Word& script) {
  return {word.text, word.known, word.unknown_reason, place_in(script, word.begin, word.end), word.absent};
}

Word absolute_path(Word path, const CommandLine& line) {
  if (!path.known || path.text.starts_with('/') || path.text.starts_with('~') || path.text.empty()) {
    return path;
  }
  if (line.directory) {
    path.text = kube::normalize_path(*line.directory + "/" + path.text);
  } else {
    path.known = false;
    path.unknown_reason = "\"" + path.text + "\" is relative to the working folder, which is not in the manifest";
  }
  return path;
}

ShellVariables variables_of(const kube::Environment& environment, const std::vector<Word>& positional) {
  ShellVariables variables;
  variables.open = environment.open();
  variables.image_unseen = true;
  for (const auto& [name, value] : environment.all()) {
    const bool readable = value.value && placeholder_reason(*value.value).empty();
    variables.values[name] = readable ? value.value : std::nullopt;
  }
  for (const Word& word : positional) {
    variables.positional.push_back(word.known ? std::optional(word.text) : std::nullopt);
  }
  return variables;
}

void ContainerReader::unreadable(const std::string& reason, const Location& at) {
  if (out_.unreadable.empty()) {
    out_.unreadable = reason;
    out_.unreadable_at = at;
  }
}

bool ContainerReader::may_read(const Word& script, int nesting) {
  if (nesting >= kMaxNesting) {
    unreadable("its scripts are nested too deeply", script.location);
    return false;
  }
  script_bytes_ += script.text.size();
  if (script_bytes_ > kMaxScriptBytes) {
    unreadable("its scripts are longer than " + std::to_string(kMaxScriptBytes) + " bytes together", script.location);
    return false;
  }
  return true;
}

void ContainerReader::add_line(CommandLine line) {
  if (out_.lines.size() < kMaxLines) {
    out_.lines.push_back(std::move(line));
  } else {
    unreadable("it runs more than " + std::to_string(kMaxLines) + " commands", line.words.front().location);
  }
}

std::string ContainerReader::path_of(const std::string& name, const std::optional<std::string>& directory) {
  if (name.starts_with('/')) {
    return kube::normalize_path(name);
  }
  // A relative path of the same spelling is the same file as long as nobody knows better.
  return directory ? kube::normalize_path(*directory + "/" + name) : kube::normalize_path(name).substr(1);
}

void ContainerReader::strip(Invocation& command) {
  for (int i = 0; i < kMaxNesting; ++i) {
    for (const auto& [name, value] : strip_wrappers(command.words)) {
      command.environment.set(name, {value.known ? std::optional(value.text) : std::nullopt, value.unknown_reason, ""});
    }
    const auto present =
        std::find_if_not(command.words.begin(), command.words.end(), [](const Word& word) { return word.absent; });
    if (present == command.words.begin()) {
      break;
    }
    command.words.erase(command.words.begin(), present);  // `exec $NICE vllm serve …`
  }
}

void ContainerReader::read(Invocation command) {
  strip(command);
  if (command.words.empty()) {
    return;
  }
  if (const std::optional<ShellInvocation> shell = shell_invocation(command.words)) {
    read_shell(*shell, command);
    return;
  }
  if (read_python(command) || read_download(command) || run_file(command.words.front(), command.words, command)) {
    return;
  }
  add_line({std::move(command.words), std::move(command.environment), std::move(command.script_line),
            std::move(command.directory)});
}

void ContainerReader::read_shell(const ShellInvocation& shell, const Invocation& command) {
  if (shell.script) {
    // An unreadable $(VAR) of the kubelet stays in the text, where the shell reader takes it for what it is: unknown.
    // And ${VAR} is the shell's own.
    if (!shell.script->known && command.nesting > 0) {
      unreadable("its script cannot be known: " + shell.script->unknown_reason, shell.script->location);
    } else {
      read_shell_text(*shell.script, shell.positional, command);
    }
  } else if (shell.positional.empty() && command.input && command.input->known) {
    read_shell_text(*command.input, {}, command);
  } else if (shell.positional.empty() || !run_file(shell.positional.front(), shell.positional, command)) {
    unreadable("it runs a script file, which is not in the manifest", command.words.front().location);
  }
}

void ContainerReader::read_shell_text(const Word& script, const std::vector<Word>& positional,
                                      const Invocation& command) {
  if (!may_read(script, command.nesting)) {
    return;
  }
  ShellVariables variables = variables_of(command.environment, positional);
  variables.directory = command.directory;
  const ShellScript read = read_shell_script(script.text, variables);
  if (read.problem) {
    unreadable("its script cannot be read to the end: " + *read.problem, script.location);
  }
  for (const ShellCommand& each : read.commands) {
    read_shell_command(each, script, command);
  }
}

void ContainerReader::read_shell_command(const ShellCommand& command, const Word& script, const Invocation& outer) {
  if (command.words.empty()) {
    return;
  }
  Invocation inner{{}, outer.environment, "", outer.nesting + 1, std::nullopt, command.directory};
  for (const auto& [name, value] : command.environment_changes) {
    inner.environment.set(name, {value.known ? std::optional(value.text) : std::nullopt, value.unknown_reason, ""});
  }
  for (const ShellWord& word : command.words) {
    Word& out = inner.words.emplace_back(word_of(word, script));
    if (word.begin < word.end && word.end <= script.text.size() && out.location.length == word.end - word.begin) {
      const std::string_view written = std::string_view(script.text).substr(word.begin, word.end - word.begin);
      out.location = place_of(outer.environment, sole_variable(written, true), word.text, out.location);
    }
  }
  if (command.input) {
    inner.input = word_of(*command.input, script);
  }
  write_file(command, script);
  const std::size_t begin = command.words.front().begin;
  const std::size_t end = std::min(command.words.back().end, script.text.size());
  inner.script_line = begin < end ? script.text.substr(begin, end - begin) : script.text;
  read(std::move(inner));
}

// cat > FILE <<EOF, tee FILE <<EOF, echo '…' > FILE, cp OTHER FILE
void ContainerReader::write_file(const ShellCommand& command, const Word& script) {
  const std::string program = program_name(command.words.front().text);
  std::optional<Word> content;
  const ShellWord* target = command.output ? &*command.output : nullptr;
  if (program == "cat" && command.words.size() == 1 && command.input) {
    content = word_of(*command.input, script);
  } else if (program == "tee" && command.words.size() == 2 && command.input) {
    content = word_of(*command.input, script);
    target = &command.words[1];
  } else if (program == "cp" && command.words.size() == 3 && command.words[1].known) {
    const std::string& from = command.words[1].text;
    const std::shared_ptr<const Word> copied = file_at(from, path_of(from, command.directory));
    content = copied ? std::optional(*copied) : std::nullopt;
    target = content ? &command.words[2] : target;
  } else if (program == "echo" && command.words.size() == 2 && command.words[1].text.find('\\') == std::string::npos) {
    content = word_of(command.words[1], script);
  }
  if (target == nullptr || !target->known || target->text.starts_with("/dev/")) {
    return;
  }
  const auto [file, first] = files_.try_emplace(path_of(target->text, command.directory), nullptr);
  // A file that is written twice may hold either, or both.
  if (first && content && !command.appends && files_.size() <= kMaxFiles) {
    file->second = std::make_shared<const Word>(std::move(*content));
  } else {
    file->second.reset();
  }
}

bool ContainerReader::run_file(const Word& name, const std::vector<Word>& positional, const Invocation& command) {
  if (!name.known) {
    return false;
  }
  const std::string path = path_of(name.text, command.directory);
  const std::shared_ptr<const Word> file = file_at(name.text, path);
  if (!file) {
    return false;
  }
  const Word& content = *file;
  const std::string_view first_line = std::string_view(content.text).substr(0, content.text.find('\n'));
  const bool tells = first_line.starts_with("#!");
  const bool python = name.text.ends_with(".py") || (tells && first_line.find("python") != std::string_view::npos);
  if (tells && !python && first_line.find("sh") == std::string_view::npos) {
    return false;
  }
  const auto [running, starts] = running_.insert(path);
  if (!starts) {
    return true;  // it runs itself: what it does is listed already
  }
  Invocation inner = command;
  inner.nesting = command.nesting + 1;
  if (python) {
    read_program(content, positional, inner);
  } else if (!content.known) {
    unreadable("its script cannot be known: " + content.unknown_reason, content.location);
  } else {
    read_shell_text(content, positional, inner);
  }
  running_.erase(running);
  return true;
}

// What a script wrote there; else what a ConfigMap has there. A name without a folder is looked for in $PATH.
std::shared_ptr<const Word> ContainerReader::file_at(const std::string& name, const std::string& path) {
  const auto written = files_.find(path);
  if (written != files_.end()) {
    return written->second;
  }
  const bool is_path = name.find('/') != std::string::npos || name.ends_with(".sh") || name.ends_with(".py");
  const kube::Mount* mount = container_.config && is_path ? mounts_.holding(path) : nullptr;
  const std::optional<kube::ConfigKey> key =
      mount != nullptr ? container_.config->file(*mount, path) : std::optional<kube::ConfigKey>();
  std::optional<std::string> text = key ? key->text() : std::nullopt;
  if (!text || files_.size() >= kMaxFiles) {
    return nullptr;
  }
  const Location place{key->pointer(), 0, 0, false, key->config_map};
  return files_.emplace(path, std::make_shared<const Word>(Word{std::move(*text), true, "", place})).first->second;
}

Commands read_commands(const kube::Container& container, const std::optional<ImageMatch>& image) {
  kube::Environment environment(container);
  if (image) {
    for (const auto& [name, value] : environment_of(*image)) {
      environment.add_image_default(name, value);
    }
  }
  Invocation command{{}, environment, "", 0, std::nullopt, std::nullopt};
  const View own = container.view["command"];
  if (own.size() == 0 && image) {
    for (const std::string& part : entrypoint_of(*image)) {
      command.words.push_back({part, true, "", {container.view["image"].pointer(), 0, 0, false}});
    }
  }
  for (const View& list : {own, container.view["args"]}) {
    for (const View& item : list.items()) {
      command.words.push_back(container_word(environment, item));
    }
  }
  if (const std::string directory = container.view["workingDir"].text(); directory.starts_with('/')) {
    command.directory = kube::normalize_path(directory);
  }
  Commands commands;
  ContainerReader reader(container, commands);
  reader.read(std::move(command));
  for (const kube::Submission& submission : container.submissions()) {
    reader.read_submission(submission, environment);
  }
  return commands;
}

}  // namespace warmgate::models
