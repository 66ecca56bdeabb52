#include "models/container_reading.h"

#include <memory>
#include <sstream>

#include "warmgate/document/read.h"

namespace warmgate::testing {
namespace {

std::string indented(const std::string& text, const std::string& indent) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    out += indent + line + "\n";
  }
  return out;
}

}  // namespace

const models::Knowledge& knowledge() {
  static const models::Knowledge known = models::Knowledge::built_in().value();
  return known;
}

std::vector<models::ModelUse> uses_of(const std::string& container, const std::string& pod) {
  const std::string text = "apiVersion: v1\nkind: Pod\nmetadata: {name: test}\nspec:\n" + indented(pod, "  ") +
                           "  containers:\n    - name: c\n" + indented(container, "      ");
  const auto source = std::make_shared<document::SourceText>("test.yaml", text);
  const kube::Object object(document::read_single(source, {}).value());
  return models::read_workload(object, knowledge()).at(0).uses;
}

std::string summary(const std::vector<models::ModelUse>& uses) {
  std::string out;
  for (const models::ModelUse& use : uses) {
    const std::string revision = !use.revision_known ? "?" : use.revision_given ? use.revision : "-";
    out += (out.empty() ? "" : "\n") + std::string(models::to_string(use.verb)) + " " +
           std::string(models::to_string(use.role)) + " " + (use.repo_known ? use.repo : "?") + "@" + revision +
           (use.local ? " local" : "") + (use.pinned() ? " pinned" : "");
  }
  return out;
}

}  // namespace warmgate::testing
