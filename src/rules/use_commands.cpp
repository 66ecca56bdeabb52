#include "use_commands.h"

namespace warmgate::rules {

const UseCommands::Read& UseCommands::read(const std::string& container) {
  auto found = containers_.find(container);
  if (found == containers_.end()) {
    Read read;
    if (const kube::Container* view = reading_.containers.find(container)) {
      read.commands = models::read_commands(*view, knowledge_.engines.match_image(view->image()));
    }
    for (std::size_t i = 0; i < read.commands.lines.size(); ++i) {
      read.by_script_line.emplace(read.commands.lines[i].script_line, i);
    }
    found = containers_.emplace(container, std::move(read)).first;
  }
  return found->second;
}

const models::Commands& UseCommands::of_container(const std::string& name) { return read(name).commands; }

const models::CommandLine* UseCommands::of(const models::ModelUse& use) {
  const Read& container = read(use.container);
  const auto line = container.by_script_line.find(use.script_line);
  return line == container.by_script_line.end() ? nullptr : &container.commands.lines[line->second];
}

}  // namespace warmgate::rules
