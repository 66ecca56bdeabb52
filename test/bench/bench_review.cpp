// What one admission request costs: a review of a Deployment is parsed, judged and patched, from 8 KB and 64 KB of
// JSON.
#include <benchmark/benchmark.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/admission/handler.h"
#include "warmgate/document/read.h"

namespace {

using namespace warmgate;
using document::Json;

const char* const kCommit = "9216db5781bf21249d130ec9da846c4624c16137";

Json container(bool script) {
  Json out = {{"name", script ? "script" : "vllm"}, {"image", "vllm/vllm-openai:v0.11.0"}};
  out["resources"] = {{"limits", {{"nvidia.com/gpu", "1"}}}};
  out["env"] = Json::array({{{"name", "HF_HOME"}, {"value", "/cache/huggingface"}}});
  out["volumeMounts"] = Json::array({{{"name", "cache"}, {"mountPath", "/cache/huggingface"}, {"readOnly", true}}});
  if (script) {
    out["command"] = {"bash", "-c",
                      std::string("set -eu\nR=") + kCommit +
                          "\nARGS=\"--port 8000\"\nif [ -n \"$R\" ]; then ARGS=\"$ARGS --revision $R\"; fi\n"
                          "exec vllm serve Qwen/Qwen3-32B $ARGS\n"};
  } else {
    out["args"] = {"Qwen/Qwen3-32B", "--revision", kCommit, "--tensor-parallel-size", "4"};
  }
  return out;
}

// A review of `bytes` bytes: the size comes from variables and annotations, as in what people write.
std::string review(std::size_t bytes, bool script) {
  Json pod = {{"containers", Json::array({container(script)})}};
  pod["volumes"] = Json::array({{{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", "model-cache"}}}}});
  Json object = {{"apiVersion", "apps/v1"},
                 {"kind", "Deployment"},
                 {"metadata", {{"name", "server"}, {"namespace", "llm"}}},
                 {"spec", {{"replicas", 2}, {"template", {{"spec", std::move(pod)}}}}}};
  Json& env = object["spec"]["template"]["spec"]["containers"][0]["env"];
  const auto text = [&] {
    const Json kind = {{"group", "apps"}, {"version", "v1"}, {"kind", "Deployment"}};
    const Json request = {{"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
                          {"kind", kind},
                          {"requestKind", kind},
                          {"operation", "CREATE"},
                          {"namespace", "llm"},
                          {"userInfo", {{"username", "alice"}}},
                          {"object", object}};
    return Json{{"apiVersion", "admission.k8s.io/v1"}, {"kind", "AdmissionReview"}, {"request", request}}.dump();
  };
  const std::size_t bare = text().size();
  for (std::size_t size = bare, i = 0; size < bytes; ++i) {
    const Json variable = {{"name", "SETTING_" + std::to_string(i)}, {"value", "a value of the usual length"}};
    size += variable.dump().size() + 1;
    env.push_back(variable);
  }
  return text();
}

void judge_and_patch(benchmark::State& state) {
  auto settings = std::make_shared<const admission::Settings>(
      admission::Settings{models::Knowledge::built_in().value(), policy::Policy::built_in().value()});
  auto facts = std::make_shared<const kube::BundleFacts>(std::vector<kube::Object>());
  const admission::Handler handler([&] { return settings; }, [&] { return facts; });
  const std::string body = review(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  for (auto each : state) {
    static_cast<void>(each);
    benchmark::DoNotOptimize(handler.handle(admission::Hook::kMutate, body));
    benchmark::DoNotOptimize(handler.handle(admission::Hook::kValidate, body));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * static_cast<std::int64_t>(state.iterations()));
}

constexpr std::int64_t kKiB = 1024;

BENCHMARK(judge_and_patch)
    ->ArgNames({"bytes", "script"})
    ->ArgsProduct({{8 * kKiB, 64 * kKiB}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
