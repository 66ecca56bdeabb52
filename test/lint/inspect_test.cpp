// What `inspect` tells about the pattern: names and order of the fields are a contract.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "lint/texts.h"
#include "support/paths.h"
#include "warmgate/lint/report.h"

namespace warmgate::testing {
namespace {

std::string pattern(const std::string& name) {
  std::ifstream file(source_dir() + "/test/pattern/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Linted linted_pattern() {
  return lint_texts({{"pvc.yaml", pattern("pvc.yaml")},
                     {"job.yaml", pattern("job.yaml")},
                     {"deployment.yaml", pattern("deployment.yaml")}});
}

TEST(Inspection, OfThePatternIsExactly) {
  EXPECT_EQ(
      lint::format_inspection(linted_pattern().bundle, knowledge(), false),
      R"({"file":"job.yaml","object":{"apiVersion":"batch/v1","kind":"Job","namespace":"","name":"model-download"},)"
      R"("container":"model-download","engine":"hf","verb":"download","role":"weights","repo":"Qwen/Qwen3-32B",)"
      R"("local":false,"revision":"9216db5781bf21249d130ec9da846c4624c16137","pinned":true,"verifiable":true,)"
      R"("source":"/spec/template/spec/containers/0/env/0/value","cache":{"path":"/cache/huggingface/hub",)"
      R"("backing":"pvc","claim":"model-cache","readOnly":false},"accelerators":{},"replicas":{"min":1,"max":1}})"
      "\n"
      R"({"file":"deployment.yaml","object":{"apiVersion":"apps/v1","kind":"Deployment","namespace":"",)"
      R"("name":"qwen3-32b-vllm"},"container":"vllm","engine":"vllm","verb":"serve","role":"weights",)"
      R"("repo":"Qwen/Qwen3-32B","local":false,"revision":"9216db5781bf21249d130ec9da846c4624c16137","pinned":true,)"
      R"("verifiable":true,"source":"/spec/template/spec/containers/0/args/1","cache":{"path":"/cache/huggingface/hub",)"
      R"("backing":"pvc","claim":"model-cache","readOnly":true},"accelerators":{"nvidia.com/gpu":2},)"
      R"("replicas":{"min":1,"max":1}})"
      "\n");
}

TEST(Inspection, OfTheDeploymentForPeople) {
  const Linted linted = lint_texts({{"deployment.yaml", pattern("deployment.yaml")}});
  EXPECT_EQ(lint::format_inspection_text(linted.bundle, knowledge(), false),
            "Deployment/qwen3-32b-vllm, container vllm\n"
            "  vllm serves Qwen/Qwen3-32B (weights)\n"
            "  revision  9216db5781bf21249d130ec9da846c4624c16137, pinned\n"
            "  cache     /cache/huggingface/hub on pvc model-cache, read-only, by HF_HOME\n"
            "  needs     2 x nvidia.com/gpu\n"
            "  replicas  1 to 1\n"
            "\n");
}

TEST(Inspection, SaysWhatCannotBeKnownAndWhy) {
  const Linted linted =
      lint_texts({{"a.yaml", pod("args: [--model, $(MODEL)], env: [{name: MODEL, valueFrom: {configMapKeyRef: "
                                 "{name: settings, key: model}}}]")}});
  const document::Json line = json(lint::format_inspection(linted.bundle, knowledge(), false));
  EXPECT_EQ(line["verifiable"], false);
  EXPECT_EQ(line["repo"], "");
  EXPECT_NE(line["reason"].get<std::string>().find("ConfigMap settings"), std::string::npos);
}

TEST(Inspection, HasNoMaximumForADaemonSet) {
  document::Json daemon = object(deployment(pod("args: [--model, a/b]"))).document().value();
  daemon["kind"] = "DaemonSet";
  const document::Json line =
      json(lint::format_inspection(lint_texts({{"a.json", daemon.dump()}}).bundle, knowledge(), false));
  EXPECT_EQ(line["replicas"]["max"], nullptr);
}

}  // namespace
}  // namespace warmgate::testing
