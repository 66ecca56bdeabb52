// ContainerReader's Python: each call of a library's function becomes a command line of its own.
#include <algorithm>
#include <array>
#include <utility>

#include "container_reader.h"

namespace warmgate::models {
namespace {

constexpr std::array<std::string_view, 9> kProcesses = {"subprocess.run",
                                                        "subprocess.call",
                                                        "subprocess.check_call",
                                                        "subprocess.check_output",
                                                        "subprocess.Popen",
                                                        "os.execvp",
                                                        "os.execv",
                                                        "os.system",
                                                        "os.popen"};

bool listed(std::string_view name) { return std::find(kProcesses.begin(), kProcesses.end(), name) != kProcesses.end(); }

std::string flag_of(const std::string& name) {
  std::string flag = "--" + name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

bool ContainerReader::read_python(const Invocation& command) {
  const std::vector<Word>& words = command.words;
  if (words.front().text != "python" || !words.front().known) {
    return false;
  }
  const std::vector<Word> positional(words.begin() + 1, words.end());
  const bool input = positional.empty() || positional.front().text == "-" || positional.front().text == "/dev/stdin";
  if (input && command.input) {
    read_program(*command.input, positional, command);
    return true;
  }
  if (positional.empty() || positional.front().text == "-m") {
    return false;
  }
  if (positional.front().text == "-c" && positional.size() > 1) {
    read_program(positional[1], {positional.begin() + 1, positional.end()}, command);
    return true;
  }
  if (run_file(positional.front(), positional, command)) {
    return true;
  }
  if (input) {
    unreadable("its Python program comes from a pipe", positional.front().location);
  }
  return false;
}

void ContainerReader::read_program(const Word& program, const std::vector<Word>& positional,
                                   const Invocation& command) {
  if (!may_read(program, command.nesting)) {
    return;
  }
  const std::string reason = program.known ? "" : program.unknown_reason;
  const PythonProgram read = read_python_program(program.text, variables_of(command.environment, positional), reason);
  if (read.problem) {
    unreadable("its Python program cannot be read to the end: " + (program.known ? *read.problem : reason),
               program.location);
  }
  for (const PythonCall& call : read.calls) {
    if (!run_process(call, program, command)) {
      add_call(call, program, command);
    }
  }
}

void ContainerReader::add_call(const PythonCall& call, const Word& program, const Invocation& command) {
  const Location place = place_in(program, call.begin, call.end);
  CommandLine line{{{"python-call", true, "", place}, {call.function, true, "", place}},
                   command.environment,
                   program.text.substr(call.begin, call.end - call.begin),
                   command.directory};
  for (const auto& [name, value] : call.environment_changes) {
    line.environment.set(name, {value.known ? std::optional(value.text) : std::nullopt, value.unknown_reason, ""});
  }
  std::optional<Word> unpacked;
  for (const PythonArgument& argument : call.arguments) {
    if (argument.words.empty()) {
      continue;
    }
    Word value = word_of(argument.words.front(), program);
    for (std::size_t i = 1; i < argument.words.size(); ++i) {
      value.text += "," + argument.words[i].text;
      value.location = place;
    }
    if (!argument.variable.empty() && value.known) {
      value.location = place_of(command.environment, argument.variable, value.text, value.location);
    }
    if (argument.unpacked) {
      value.known = false;
      value.unknown_reason = "arguments of " + call.function + " are computed by the program";
      unpacked = std::move(value);
      continue;
    }
    if (!argument.name.empty()) {
      line.words.push_back({flag_of(argument.name), true, "", value.location});
    }
    line.words.push_back(std::move(value));
  }
  if (unpacked) {
    line.words.push_back(std::move(*unpacked));
  }
  add_line(std::move(line));
}

// subprocess.run(["vllm", "serve", …]), os.system("…")
bool ContainerReader::run_process(const PythonCall& call, const Word& program, const Invocation& command) {
  if (!listed(call.function) || call.arguments.empty()) {
    return false;
  }
  Invocation inner = command;
  inner.nesting = command.nesting + 1;
  inner.words.clear();
  inner.input.reset();
  inner.script_line = program.text.substr(call.begin, call.end - call.begin);
  for (const auto& [name, value] : call.environment_changes) {
    inner.environment.set(name, {value.known ? std::optional(value.text) : std::nullopt, value.unknown_reason, ""});
  }
  const auto list =
      std::find_if(call.arguments.begin(), call.arguments.end(), [](const PythonArgument& each) { return each.list; });
  if (list != call.arguments.end()) {
    for (const ShellWord& word : list->words) {
      inner.words.push_back(word_of(word, program));
    }
  } else if (const ShellWord& text = call.arguments.front().words.front(); text.known) {
    inner.words = {{"sh", true, "", program.location}, {"-c", true, "", program.location}, word_of(text, program)};
  }
  if (!inner.words.empty()) {
    read(std::move(inner));
  }
  return true;
}

}  // namespace warmgate::models
