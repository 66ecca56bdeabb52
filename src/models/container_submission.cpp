// ContainerReader's submissions: command lines that a controller runs in a container beside its own.
#include <memory>

#include "container_reader.h"
#include "warmgate/document/read.h"

namespace warmgate::models {
namespace {

using document::View;

// Ray puts variables of the cluster in where a value has $NAME (python/ray/_private/utils.py, update_envs), and takes
// texts only.
kube::EnvValue value_of(const std::string& name, const View& value) {
  const std::optional<std::string> text = value.string();
  if (!text) {
    return {std::nullopt, "a runtime environment in which " + name + " is no text", ""};
  }
  const bool plain = text->find('$') == std::string::npos;
  return {plain ? text : std::nullopt, plain ? "" : "a runtime environment that refers to other variables", ""};
}

void add_variables(const kube::Submission& submission, kube::Environment& environment) {
  const std::optional<std::string> settings = submission.settings.string();
  if (!settings) {
    return;
  }
  const auto source = std::make_shared<document::SourceText>(submission.settings.pointer(), *settings);
  for (const document::Document& document : document::read_documents(source, {}).documents) {
    for (const auto& [name, value] : submission.variables.find(View(document.value()), {}).members()) {
      environment.set(name, value_of(name, value));
    }
  }
}

}  // namespace

void ContainerReader::read_submission(const kube::Submission& submission, const kube::Environment& environment) {
  const Location place{submission.script.pointer(), 0, 0, false};
  Invocation command{{{"sh", true, "", place}, {"-c", true, "", place}, {submission.script.text(), true, "", place}},
                     environment,
                     "",
                     0,
                     std::nullopt,
                     std::nullopt};
  add_variables(submission, command.environment);
  const std::size_t before = out_.lines.size();
  read(std::move(command));
  for (std::size_t i = before; i < out_.lines.size(); ++i) {
    out_.lines[i].submitted = true;
    out_.lines[i].moved = submission.moved;
  }
}

}  // namespace warmgate::models
