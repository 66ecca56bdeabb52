// What the tests of several rooms start from: objects, policies and JSON from texts, and the manifests that most cases
// are a variation of.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/objects.h"
#include "warmgate/document/json.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"
#include "warmgate/policy/policy.h"

namespace warmgate::testing {

inline const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";
inline const std::string kOtherCommit = "d47b0d4ae4b48fde975756bf360a63a9cca8d470";
inline const std::string kToken = "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH";

const models::Knowledge& knowledge();

kube::Object object(const std::string& text);  // the only one, as objects() reads it
kube::BundleFacts facts(const std::string& text, bool complete = false);
document::Json json(const std::string& text);

// The built-in policy with `spec` (YAML, flow style) laid over it.
policy::Policy policy_with(const std::string& spec = "{}");

// A ModelCache of Qwen/Qwen3-32B at kCommit on claim "model-cache" at /cache/huggingface, in namespace "llm".
std::string model_cache(const std::string& name = "qwen", const std::string& revision = kCommit,
                        const std::string& claim = "model-cache", const std::string& ns = "llm");

// A GPU Pod in namespace "llm" with one container "vllm"; `container` and `spec` are more members (YAML, flow style,
// "args: [a, b], env: []"), `gpu` decides about the nvidia.com/gpu limit.
std::string pod(const std::string& container, const std::string& spec = "", bool gpu = true);

// A Deployment with the template of `pod`.
std::string deployment(const std::string& pod_text);

}  // namespace warmgate::testing
