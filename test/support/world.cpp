#include "support/world.h"

#include <gtest/gtest.h>

namespace warmgate::testing {

const models::Knowledge& knowledge() {
  static const models::Knowledge built_in = models::Knowledge::built_in().value();
  return built_in;
}

kube::Object object(const std::string& text) {
  const std::vector<kube::Object> all = objects(text);
  EXPECT_EQ(all.size(), 1U) << text;
  return all.at(0);
}

kube::BundleFacts facts(const std::string& text, bool complete) { return kube::BundleFacts(objects(text), complete); }

document::Json json(const std::string& text) { return document::Json::parse(text); }

policy::Policy policy_with(const std::string& spec) {
  policy::Policy policy = policy::Policy::built_in().value();
  const kube::Object layer =
      object("{apiVersion: warmgate.dev/v1alpha1, kind: CachePolicy, metadata: {name: test}, spec: " + spec + "}");
  const base::Status added = policy.add_layer(layer.document());
  EXPECT_TRUE(added.ok()) << added.error().message;
  return policy;
}

std::string model_cache(const std::string& name, const std::string& revision, const std::string& claim,
                        const std::string& ns) {
  return "---\n{apiVersion: warmgate.dev/v1alpha1, kind: ModelCache, metadata: {name: " + name + ", namespace: " + ns +
         "}, spec: {source: {huggingFace: {repo: Qwen/Qwen3-32B, revision: \"" + revision +
         "\"}}, storage: {claimName: " + claim + "}, mountPath: /cache/huggingface}}\n";
}

std::string pod(const std::string& container, const std::string& spec, bool gpu) {
  const std::string resources = gpu ? ", resources: {limits: {nvidia.com/gpu: \"1\"}}" : "";
  const bool has_image = container.find("image: ") != std::string::npos;
  return "---\n{apiVersion: v1, kind: Pod, metadata: {name: server, namespace: llm}, spec: {containers: [{name: vllm" +
         std::string(has_image ? "" : ", image: \"vllm/vllm-openai:v0.11.0\"") + resources +
         (container.empty() ? "" : ", ") + container + "}]" + (spec.empty() ? "" : ", ") + spec + "}}\n";
}

std::string deployment(const std::string& pod_text) {
  const document::Json pod = object(pod_text).document().value();
  const document::Json out = {
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", {{"name", "server"}, {"namespace", "llm"}}},
      {"spec",
       {{
            "selector",
            {{"matchLabels", {{"app", "server"}}}},
        },
        {"template", {{"metadata", {{"labels", {{"app", "server"}}}}}, {"spec", pod["spec"]}}}}}};
  return "---\n" + out.dump() + "\n";
}

}  // namespace warmgate::testing
