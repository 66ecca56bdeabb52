// What is read of the kinds of policies/kinds: their pod templates, containers that stand elsewhere, model fields.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "models/container_reading.h"
#include "support/objects.h"

namespace warmgate::testing {
namespace {

const std::string kSha = "9216db5781bf21249d130ec9da846c4624c16137";

kube::Object object(const std::string& api_version, const std::string& kind, const std::string& spec) {
  return objects("{apiVersion: " + api_version + ", kind: " + kind + ", metadata: {name: m}, spec: {" + spec + "}}")
      .at(0);
}

// All uses of all templates: "serve weights org/m@- /spec/url".
std::string uses_of(const kube::Object& object, const models::Knowledge& known = knowledge()) {
  std::string out;
  for (const models::TemplateReading& reading : models::read_workload(object, known)) {
    for (const models::ModelUse& use : reading.uses) {
      out += (out.empty() ? "" : "\n") + summary({use}) + " " + use.source.pointer;
    }
  }
  return out;
}

struct Case {
  const char* name;
  const char* api_version;
  const char* kind;
  std::string spec;
  std::string expected;
};
void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class ModelFieldsOf : public ::testing::TestWithParam<Case> {};

TEST_P(ModelFieldsOf, AreRead) {
  const Case& test = GetParam();
  EXPECT_EQ(uses_of(object(test.api_version, test.kind, test.spec)), test.expected);
}

const std::vector<Case> kFieldCases = {
    {"KServe", "serving.kserve.io/v1beta1", "InferenceService",
     "predictor: {model: {modelFormat: {name: huggingface}, storageUri: hf://org/m}}",
     "serve weights org/m@- /spec/predictor/model/storageUri"},
    {"KServePinned", "serving.kserve.io/v1beta1", "InferenceService",
     "predictor: {model: {storageUri: \"hf://org/m:" + kSha + "\"}}",
     "serve weights org/m@" + kSha + " pinned /spec/predictor/model/storageUri"},
    {"KServeBranch", "serving.kserve.io/v1beta1", "InferenceService",
     "predictor: {pytorch: {storageUri: \"hf://org/m:main\"}}",
     "serve weights org/m@main /spec/predictor/pytorch/storageUri"},
    {"KServeOtherStore", "serving.kserve.io/v1beta1", "InferenceService",
     "predictor: {model: {storageUri: \"pvc://claim/path\"}}",
     "serve weights pvc://claim/path@- local /spec/predictor/model/storageUri"},
    {"KServePlaceholder", "serving.kserve.io/v1beta1", "InferenceService",
     "predictor: {model: {storageUri: \"hf://${ORG}/m\"}}", "serve weights ?@- /spec/predictor/model/storageUri"},
    {"KServeWithoutModel", "serving.kserve.io/v1beta1", "InferenceService",
     "predictor: {minReplicas: 1, model: {modelFormat: {name: sklearn}}}", ""},
    {"LlmServiceWithoutTemplate", "serving.kserve.io/v1alpha1", "LLMInferenceService",
     "model: {uri: hf://org/m, lora: {adapters: [{uri: \"hf://org/a:v1\"}]}}, baseRefs: [{name: x}]",
     "serve weights org/m@- /spec/model/uri\nserve adapter org/a@v1 /spec/model/lora/adapters/0/uri"},
    // The controller writes the command: the default model of the image is not what runs.
    {"LlmServiceWithoutCommand", "serving.kserve.io/v1alpha1", "LLMInferenceService",
     "model: {uri: hf://org/m}, template: {containers: [{name: main, image: \"vllm/vllm-openai:v0.11.0\"}]}",
     "serve weights org/m@- /spec/model/uri"},
    {"NimCache", "apps.nvidia.com/v1alpha1", "NIMCache",
     "source: {hf: {namespace: org, modelName: m, revision: " + kSha + "}}",
     "download weights org/m@" + kSha + " pinned /spec/source/hf/modelName"},
    {"NimCacheOfNgc", "apps.nvidia.com/v1alpha1", "NIMCache", "source: {ngc: {modelPuller: \"nvcr.io/nim/m:1\"}}", ""},
    {"KubeAi", "kubeai.org/v1", "Model",
     "engine: VLLM, url: hf://org/m, args: [--max-model-len=4, --revision=" + kSha + "]",
     "serve weights org/m@" + kSha + " pinned /spec/url"},
    {"KubeAiTwoWords", "kubeai.org/v1", "Model",
     "engine: VLLM, url: hf://org/m, args: [--revision, main], adapters: [{name: a, url: hf://org/a}]",
     "serve weights org/m@main /spec/url\nserve adapter org/a@- /spec/adapters/0/url"},
    {"KubeAiOllama", "kubeai.org/v1", "Model", "engine: OLlama, url: \"ollama://gemma2:2b\"",
     "serve weights ollama://gemma2:2b@- local /spec/url"},
    {"Ome", "ome.io/v1beta1", "ClusterBaseModel", "storage: {storageUri: \"hf://org/m@" + kSha + "\"}",
     "download weights org/m@" + kSha + " pinned /spec/storage/storageUri"},
    {"Llmaz", "llmaz.io/v1alpha1", "OpenModel", "source: {modelHub: {modelID: org/m, revision: main}}",
     "download weights org/m@main /spec/source/modelHub/modelID"},
    {"ServeConfig", "ray.io/v1", "RayService",
     "serveConfigV2: \"applications:\\n- args:\\n    llm_configs:\\n    - model_loading_config: {model_id: chat, "
     "model_source: org/m}\\n      engine_kwargs: {revision: " +
         kSha + "}\\n    - model_loading_config: {model_id: org/n}\\n\"",
     "serve weights org/m@" + kSha + " pinned /spec/serveConfigV2\nserve weights org/n@- /spec/serveConfigV2"},
    {"ServeConfigOfOnesOwn", "ray.io/v1", "RayService",
     "serveConfigV2: \"applications: [{import_path: 'serve:app', runtime_env: {env_vars: {DRAFT_MODEL_ID: org/m}}}]\"",
     "serve weights org/m@? /spec/serveConfigV2"},
    {"ServeConfigThatIsNoYaml", "ray.io/v1", "RayService", "serveConfigV2: \"a : [\"", ""},
    {"ServeConfigOfAnotherType", "ray.io/v1", "RayService", "serveConfigV2: [7]", ""},
    {"VolumeOfTheHub", "v1", "PersistentVolume",
     "csi: {driver: hf.csi.huggingface.co, volumeAttributes: {sourceType: repo, sourceId: org/m, revision: main}}",
     "serve weights org/m@main /spec/csi/volumeAttributes/sourceId"},
    {"BucketOfTheHub", "v1", "PersistentVolume",
     "csi: {driver: hf.csi.huggingface.co, volumeAttributes: {sourceType: bucket, sourceId: org/m}}", ""},
    {"DatasetOfTheHub", "v1", "PersistentVolume",
     "csi: {driver: hf.csi.huggingface.co, volumeAttributes: {sourceType: repo, sourceId: datasets/org/m}}", ""},
    {"VolumeOfAnotherDriver", "v1", "PersistentVolume",
     "csi: {driver: x, volumeAttributes: {sourceType: repo, sourceId: org/m}}", ""},
    {"InlineVolumeOfTheHub", "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet",
     "leaderWorkerTemplate: {size: 2, workerTemplate: {spec: {containers: [], volumes: [{name: m, csi: {driver: "
     "hf.csi.huggingface.co, volumeAttributes: {sourceType: repo, sourceId: org/m, revision: " +
         kSha + "}}}]}}}",
     "serve weights org/m@" + kSha +
         " pinned /spec/leaderWorkerTemplate/workerTemplate/spec/volumes/0/csi/volumeAttributes/sourceId"},
};

// A RayJob whose head has MODEL and a claim, with `entrypoint` and more fields of its spec.
std::string ray_job(const std::string& entrypoint, const std::string& more = "") {
  return more + "entrypoint: \"" + entrypoint +
         "\", rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: ray-head, image: "
         "\"rayproject/ray:2.43.0\", env: [{name: MODEL, value: org/head}, {name: HF_HOME, value: /hf}], volumeMounts: "
         "[{name: hf, mountPath: /hf}]}, {name: beside, image: b}], volumes: [{name: hf, persistentVolumeClaim: "
         "{claimName: c}}]}}}}";
}

const std::vector<Case> kEntrypointCases = {
    {"Serve", "ray.io/v1", "RayJob", ray_job("vllm serve org/m --revision " + kSha),
     "serve weights org/m@" + kSha + " pinned /spec/entrypoint"},
    {"SeveralCommands", "ray.io/v1", "RayJob", ray_job("cd /x && pip install hf && exec vllm serve org/m"),
     "serve weights org/m@- /spec/entrypoint"},
    {"Program", "ray.io/v1", "RayJob",
     ray_job("python -c \\\"from huggingface_hub import snapshot_download; snapshot_download('org/m')\\\""),
     "download weights org/m@- /spec/entrypoint"},
    {"VariableOfTheHead", "ray.io/v1", "RayJob", ray_job("vllm serve $MODEL"),
     "serve weights org/head@- /spec/rayClusterSpec/headGroupSpec/template/spec/containers/0/env/0/value"},
    {"VariableOfTheJobWins", "ray.io/v1", "RayJob",
     ray_job("vllm serve $MODEL --revision ${REV:-main}",
             "runtimeEnvYAML: \"env_vars: {MODEL: org/job, REV: v1}\\npip: [x]\", "),
     "serve weights org/job@v1 /spec/entrypoint"},
    {"VariableThatRayExpands", "ray.io/v1", "RayJob",
     ray_job("vllm serve $MODEL", "runtimeEnvYAML: \"env_vars: {MODEL: '${OTHER}/m'}\", "),
     "serve weights ?@? /spec/entrypoint"},
    {"VariableThatIsNoText", "ray.io/v1", "RayJob",
     ray_job("vllm serve $MODEL", "runtimeEnvYAML: \"env_vars: {MODEL: [org/m]}\", "),
     "serve weights ?@? /spec/entrypoint"},
    {"RuntimeEnvThatIsNoYaml", "ray.io/v1", "RayJob", ray_job("vllm serve org/m", "runtimeEnvYAML: \"a : [\", "),
     "serve weights org/m@- /spec/entrypoint"},
    {"ScriptOfTheWorkingFolder", "ray.io/v1", "RayJob", ray_job("python serve.py --model org/m"), ""},
    {"Empty", "ray.io/v1", "RayJob", ray_job(""), ""},
    {"SubmitterThatAddsTheCommand", "ray.io/v1", "RayJob",
     ray_job("vllm serve org/m", "submitterPodTemplate: {spec: {containers: [{name: s, image: i}]}}, "),
     "serve weights org/m@- /spec/entrypoint"},
    {"SubmitterWithACommandOfItsOwn", "ray.io/v1", "RayJob",
     ray_job(
         "vllm serve org/m",
         "submitterPodTemplate: {spec: {containers: [{name: s, image: i, command: [sh, -c, ray job submit --address "
         "a -- vllm serve org/n]}]}}, "),
     "serve weights org/n@- /spec/submitterPodTemplate/spec/containers/0/command/2"},
    {"OnAClusterThatIsThere", "ray.io/v1", "RayJob", "entrypoint: vllm serve org/m, clusterSelector: {a: b}", ""},
};

INSTANTIATE_TEST_SUITE_P(Entrypoints, ModelFieldsOf, ::testing::ValuesIn(kEntrypointCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Entrypoint, RunsInTheFirstContainerOfTheHead) {
  const auto use_of = [](const std::string& more) {
    return models::read_workload(object("ray.io/v1", "RayJob", ray_job("vllm serve org/m", more)), knowledge())
        .at(0)
        .uses.at(0);
  };
  const models::ModelUse use = use_of("entrypointNumGpus: 0, ");
  EXPECT_EQ(use.container, "ray-head");
  EXPECT_TRUE(use.outside);
  ASSERT_TRUE(use.cache.on_claim());
  EXPECT_EQ(use.cache.path, "/hf/hub");
  const models::ModelUse moved = use_of("entrypointNumCpus: 0.5, ");
  EXPECT_FALSE(moved.cache.known);
  EXPECT_FALSE(moved.cache.on_claim());
  EXPECT_EQ(moved.cache.unknown_reason, "spec.entrypointNumCpus may let another Pod run it");
}

INSTANTIATE_TEST_SUITE_P(Kinds, ModelFieldsOf, ::testing::ValuesIn(kFieldCases),
                         [](const auto& test) { return std::string(test.param.name); });

// "min..max of what": the Pods of each template.
std::vector<std::string> counts_of(const kube::Object& object) {
  std::vector<std::string> out;
  for (const kube::PodTemplate& pod : knowledge().kinds.pod_templates(object)) {
    const kube::ReplicaRange& own = pod.count.own;
    out.push_back(std::to_string(own.min) + ".." + (own.max ? std::to_string(*own.max) : "*") + " " +
                  pod.spec.pointer());
  }
  return out;
}

TEST(KindCounts, GroupsOfPods) {
  using ::testing::ElementsAre;
  const std::string pod = "{spec: {containers: []}}";
  EXPECT_THAT(counts_of(object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet",
                               "replicas: 2, leaderWorkerTemplate: {size: 4, leaderTemplate: " + pod +
                                   ", workerTemplate: " + pod + "}")),
              ElementsAre("2..2 /spec/leaderWorkerTemplate/leaderTemplate/spec",
                          "6..6 /spec/leaderWorkerTemplate/workerTemplate/spec"));
  EXPECT_THAT(counts_of(object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet",
                               "replicas: 2, leaderWorkerTemplate: {size: 4, workerTemplate: " + pod + "}")),
              ElementsAre("8..8 /spec/leaderWorkerTemplate/workerTemplate/spec"));
  EXPECT_THAT(counts_of(object("jobset.x-k8s.io/v1alpha2", "JobSet",
                               "replicatedJobs: [{replicas: 2, template: {spec: {parallelism: 3, template: " + pod +
                                   "}}}, {template: {spec: {template: " + pod + "}}}]")),
              ElementsAre("6..6 /spec/replicatedJobs/0/template/spec/template/spec",
                          "1..1 /spec/replicatedJobs/1/template/spec/template/spec"));
  const std::string groups = "headGroupSpec: {template: " + pod +
                             "}, workerGroupSpecs: [{replicas: 1, minReplicas: 0, maxReplicas: 5, numOfHosts: 2, "
                             "template: " +
                             pod + "}]";
  EXPECT_THAT(counts_of(object("ray.io/v1", "RayCluster", groups)),
              ElementsAre("1..1 /spec/headGroupSpec/template/spec", "2..2 /spec/workerGroupSpecs/0/template/spec"));
  EXPECT_THAT(counts_of(object("ray.io/v1", "RayCluster", "enableInTreeAutoscaling: true, " + groups)),
              ElementsAre("1..1 /spec/headGroupSpec/template/spec", "0..10 /spec/workerGroupSpecs/0/template/spec"));
  EXPECT_THAT(counts_of(object("ray.io/v1", "RayCluster", "enableInTreeAutoscaling: false, " + groups)),
              ElementsAre("1..1 /spec/headGroupSpec/template/spec", "2..2 /spec/workerGroupSpecs/0/template/spec"));
}

TEST(KindCounts, BoundsThatTheKindHasItself) {
  using ::testing::ElementsAre;
  EXPECT_THAT(counts_of(object("serving.kserve.io/v1beta1", "InferenceService", "predictor: {minReplicas: 0}")),
              ElementsAre("0..1 /spec/predictor"));
  EXPECT_THAT(
      counts_of(object("serving.kserve.io/v1beta1", "InferenceService", "predictor: {minReplicas: 2, maxReplicas: 4}")),
      ElementsAre("2..4 /spec/predictor"));
  EXPECT_THAT(counts_of(object("serving.knative.dev/v1", "Service",
                               "template: {metadata: {annotations: {autoscaling.knative.dev/min-scale: \"0\", "
                               "autoscaling.knative.dev/max-scale: \"7\"}}, spec: {containers: []}}")),
              ElementsAre("0..7 /spec/template/spec"));
  EXPECT_THAT(counts_of(object("keda.sh/v1alpha1", "ScaledJob", "jobTargetRef: {template: {spec: {containers: []}}}")),
              ElementsAre("0..100 /spec/jobTargetRef/template/spec"));
  EXPECT_THAT(counts_of(object("ray.io/v1", "RayCluster",
                               "workerGroupSpecs: [{replicas: 99999999999, numOfHosts: 99999999999, template: {spec: "
                               "{}}}, {replicas: -4, template: {spec: {}}}, {template: 7}, 8]")),
              ElementsAre("2147483647..2147483647 /spec/workerGroupSpecs/0/template/spec",
                          "0..0 /spec/workerGroupSpecs/1/template/spec"));
}

TEST(KindContainers, TheMainContainerOfADynamoServiceHasTheServicesVariablesVolumesAndGpus) {
  const kube::Object graph = object(
      "nvidia.com/v1alpha1", "DynamoGraphDeployment",
      "envs: [{name: HF_HOME, value: /elsewhere}], services: {Frontend: {extraPodSpec: {mainContainer: {image: "
      "\"vllm/vllm-openai:v0.11.0\"}}}, Worker: {replicas: 2, multinode: {nodeCount: 3}, envs: [{name: HF_HOME, value: "
      "/opt/models}], volumeMounts: [{name: model-cache, mountPoint: /opt/models}], resources: {limits: {gpu: \"4\"}}, "
      "extraPodSpec: {mainContainer: {image: \"vllm/vllm-openai:v0.11.0\", args: [--model, org/m]}}}}");
  const std::vector<models::TemplateReading> readings = models::read_workload(graph, knowledge());
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_THAT(readings[0].uses, ::testing::IsEmpty()) << "the operator writes the frontend's command";
  ASSERT_EQ(readings[1].uses.size(), 1U);
  const models::ModelUse& use = readings[1].uses[0];
  EXPECT_EQ(use.container, "main");
  EXPECT_EQ(use.repo, "org/m");
  EXPECT_EQ(use.cache.path, "/opt/models/hub");
  ASSERT_TRUE(use.cache.on_claim());
  EXPECT_EQ(use.cache.volume->claim, "model-cache");
  EXPECT_EQ(use.accelerators, (std::map<std::string, std::int64_t>{{"nvidia.com/gpu", 4}}));
  EXPECT_EQ(readings[1].pod.count.own.max, 6);
  EXPECT_THAT(knowledge().kinds.claims_of(graph), ::testing::ElementsAre("model-cache"));
}

TEST(KindContainers, WhatAControllerMayAddIsNotTakenForAbsent) {
  const std::vector<models::TemplateReading> readings = models::read_workload(
      object("ome.io/v1beta1", "ClusterServingRuntime",
             "engineConfig: {runner: {name: r, image: \"lmsysorg/sglang:v0.5.5\", command: [python3, -m, "
             "sglang.launch_server, --model-path, $(MODEL_PATH)], resources: {limits: {nvidia.com/gpu: 1}}}}"),
      knowledge());
  ASSERT_EQ(readings.size(), 1U);
  ASSERT_EQ(readings[0].uses.size(), 1U);
  EXPECT_FALSE(readings[0].uses[0].repo_known);
  EXPECT_EQ(readings[0].uses[0].unknown_reason, "$(MODEL_PATH) may come from what OME adds");
  EXPECT_FALSE(readings[0].uses[0].cache.known);
}

TEST(KindFiles, AddAKindWithoutCode) {
  models::Knowledge known = models::Knowledge::built_in().value();
  const base::Status added = known.add_kinds(objects(R"(
apiVersion: warmgate.dev/v1alpha1
kind: WorkloadKinds
metadata: {name: mine}
spec:
  kinds:
    - group: example.com
      kind: Server
      templates: [{path: spec.pods.*.template, pods: {count: spec.pods.*.count}}]
      models: [{field: spec.model, plain: true, engine: mine, revision: {field: spec.commit}}]
)")
                                                 .at(0)
                                                 .document());
  ASSERT_TRUE(added.ok()) << added.error().message;
  const kube::Object server = object("example.com/v1", "Server",
                                     "model: org/m, commit: " + kSha +
                                         ", pods: {a: {count: 2, template: {spec: {containers: [{name: c, image: "
                                         "\"vllm/vllm-openai:v0.11.0\", args: [--model, org/n]}]}}}}");
  EXPECT_EQ(uses_of(server, known),
            "serve weights org/n@- /spec/pods/a/template/spec/containers/0/args/1\nserve weights org/m@" + kSha +
                " pinned /spec/model");
  EXPECT_EQ(uses_of(server), "") << "only where the file is given";
}

TEST(KindFiles, MistakesAreNamedWithTheirPlace) {
  const auto error_of = [](const std::string& rows) {
    models::Knowledge known = models::Knowledge::built_in().value();
    const base::Status added = known.add_kinds(
        objects("apiVersion: warmgate.dev/v1alpha1\nkind: WorkloadKinds\nspec:\n  kinds:\n" + rows).at(0).document());
    return added.ok() ? "none" : added.error().message;
  };
  EXPECT_EQ(error_of("    - {kind: A, templates: [{path: spec.a}], templtes: []}\n"),
            "test.yaml:5:56: /spec/kinds/0/templtes: a workload kind has no such field; did you mean templates?");
  EXPECT_EQ(
      error_of("    - {kind: A}\n"),
      "test.yaml:5:7: /spec/kinds/0: must have templates (where Pods stand) or models (fields that name a model)");
  EXPECT_EQ(error_of("    - {templates: [{}]}\n"), "test.yaml:5:7: /spec/kinds/0/kind: must be given");
  EXPECT_EQ(error_of("    - {kind: A, templates: [{shape: pod}]}\n"),
            "test.yaml:5:37: /spec/kinds/0/templates/0/shape: must be template (metadata and spec), podSpec, or other "
            "(containers tell everything)");
  EXPECT_EQ(error_of("    - {kind: A, templates: [{pods: {count: 3}}]}\n"),
            "test.yaml:5:44: /spec/kinds/0/templates/0/pods/count: must be a string");
  EXPECT_EQ(error_of("    - {kind: A, models: [{field: spec.m, plain: true, engine: e, role: wight}]}\n"),
            "test.yaml:5:72: /spec/kinds/0/models/0/role: must be one of weights, tokenizer, code, draft, adapter");
  EXPECT_EQ(error_of("    - {kind: A, models: [{field: spec.m, engine: e}]}\n"),
            "test.yaml:5:26: /spec/kinds/0/models/0: must say which values name a repository: those with a `scheme`, "
            "`plain: true` ones, or both");
  EXPECT_THAT(
      error_of("    - {kind: A, templates: [{path: spec..a}]}\n"),
      ::testing::StartsWith("test.yaml:5:36: /spec/kinds/0/templates/0/path: \"spec..a\" is no path of a field"));
}

}  // namespace
}  // namespace warmgate::testing
