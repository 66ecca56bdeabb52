#include "shell_reading.h"

#include <vector>

namespace warmgate::testing {
namespace {

std::string show(const models::ShellWord& word) {
  if (!word.known) {
    return "?<" + word.text + ">";
  }
  return word.text.empty() || word.text.find_first_of(" \t\n") != std::string::npos ? "<" + word.text + ">" : word.text;
}

}  // namespace

std::string commands_of(const std::string& script, const models::ShellVariables& variables) {
  const models::ShellScript read = models::read_shell_script(script, variables);
  std::string out;
  for (const models::ShellCommand& command : read.commands) {
    std::string line;
    for (const models::ShellAssignment& assignment : command.assignments) {
      line += (line.empty() ? "{" : " {") + assignment.name + "=" + show(assignment.value) + "}";
    }
    for (const models::ShellWord& word : command.words) {
      line += (line.empty() ? "" : " ") + show(word);
    }
    out += line + "\n";
  }
  return read.problem ? out + "problem: " + *read.problem + "\n" : out;
}

std::string reason_of(const std::string& script, const models::ShellVariables& variables) {
  std::vector<std::string> reasons;
  for (const models::ShellCommand& command : models::read_shell_script(script, variables).commands) {
    for (const models::ShellWord& word : command.words) {
      if (!word.known) {
        reasons.push_back(word.unknown_reason);
      }
    }
  }
  return reasons.size() == 1 ? reasons.front() : std::to_string(reasons.size()) + " words are unknown";
}

}  // namespace warmgate::testing
