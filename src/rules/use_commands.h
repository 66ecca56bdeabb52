// The command lines of containers for rules that look at more than the uses read from them. Each container is read
// once, when it is asked for: for one check, refers to its context.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "warmgate/rules/rule.h"

namespace warmgate::rules {

class UseCommands {
 public:
  UseCommands(const models::Knowledge& knowledge, const models::TemplateReading& reading)
      : knowledge_(knowledge), reading_(reading) {}

  // All of a container, in order.
  [[nodiscard]] const models::Commands& of_container(const std::string& name);
  // The one that `use` was read from, with the environment it sees; nullptr when that cannot be told.
  [[nodiscard]] const models::CommandLine* of(const models::ModelUse& use);

 private:
  struct Read {
    models::Commands commands;
    std::map<std::string, std::size_t, std::less<>> by_script_line;  // the first of each
  };
  const Read& read(const std::string& container);

  const models::Knowledge& knowledge_;
  const models::TemplateReading& reading_;
  std::map<std::string, Read, std::less<>> containers_;
};

}  // namespace warmgate::rules
