// Inputs and reports from texts with names.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/world.h"
#include "warmgate/lint/linter.h"

namespace warmgate::testing {

// What most cases lint: one finding, WG101 at 9:23.
inline const std::string kPod =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata:\n"
    "  name: server\n"
    "spec:\n"
    "  containers:\n"
    "    - name: vllm\n"
    "      image: vllm/vllm-openai:v0.11.0\n"
    "      args: [--model, Qwen/Qwen3-32B]\n";

using Texts = std::vector<std::pair<std::string, std::string>>;  // name and text

inline lint::Inputs inputs_of(const Texts& texts) {
  lint::Inputs inputs;
  for (const auto& [name, text] : texts) {
    inputs.texts.push_back(std::make_shared<document::SourceText>(name, text));
  }
  return inputs;
}

struct Linted {
  lint::Bundle bundle;
  lint::Report report;
};

inline Linted lint_texts(const Texts& texts, const Texts& facts = {}, const lint::Options& options = {},
                         const std::string& policy_spec = "{}") {
  const lint::Inputs inputs = inputs_of(texts);
  Linted out{lint::read_bundle(inputs, inputs_of(facts), options), {}};
  out.report = lint::lint(inputs, out.bundle, knowledge(), policy_with(policy_spec), options);
  return out;
}

// "file:line:column severity[rule]", one diagnostic per line.
inline std::string places(const lint::Report& report) {
  std::string out;
  for (const lint::Diagnostic& d : report.diagnostics) {
    out += d.file + ":" + std::to_string(d.begin.line) + ":" + std::to_string(d.begin.column) + " " +
           std::string(lint::to_string(d.severity)) + "[" + d.rule + "]\n";
  }
  return out;
}

}  // namespace warmgate::testing
