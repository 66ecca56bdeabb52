#include <gmock/gmock.h>

#include <vector>

#include "controller/job_input.h"
#include "warmgate/controller/download_job.h"

namespace warmgate::controller {
namespace {

using testing::cache_spec;
using testing::json;
using testing::object;
using testing::settings;

constexpr std::int64_t kGi = std::int64_t{1} << 30;

TEST(ClaimBytes, AreOneAndAHalfTimesTheModelAndAtLeastWhatTheClassBills) {
  struct Case {
    const char* patch;
    const char* storage_class;
    std::optional<std::int64_t> bytes;
  };
  const char* const kModel7B = R"({"source": {"huggingFace": {"repo": "org/model-7b"}},
                                   "storage": {"claimName": null, "create": {"storageClassName": "c"}}})";
  const std::vector<Case> cases = {
      // 32 billion at 16 bits are 64 GB, with room 96 GB.
      {R"({"storage": {"claimName": null, "create": {}}})", "", 90 * kGi},
      {kModel7B, "", 20 * kGi},
      {kModel7B, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: c}, provisioner: any.io}",
       20 * kGi},
      {kModel7B,
       "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: c}, provisioner: "
       "filestore.csi.storage.gke.io, parameters: {tier: premium}}",
       2560 * kGi},
      {R"({"storage": {"claimName": null, "create": {"storageClassName": "premium-rwx"}}})", "", 2560 * kGi},
      {R"({"storage": {"claimName": null, "create": {"storageClassName": "premium-rwx", "size": "5Gi"}}})", "",
       5 * kGi},
      {R"({"source": {"huggingFace": {"repo": "org/model"}}, "storage": {"claimName": null, "create": {}}})", "",
       std::nullopt},
      {R"({"source": {"huggingFace": {"repo": "org/model"}}, "storage": {"claimName": null, "create": {"size": 7}}})",
       "", 7},
  };
  for (const Case& test : cases) {
    const std::optional<kube::Object> storage_class =
        *test.storage_class == '\0' ? std::nullopt : std::optional(object(test.storage_class));
    EXPECT_EQ(claim_bytes(cache_spec(test.patch), storage_class ? &*storage_class : nullptr, settings()), test.bytes)
        << test.patch << test.storage_class;
  }
}

TEST(NewClaim, HasTheCachesNameAndNoOwner) {
  EXPECT_EQ(new_claim(cache_spec(R"({"storage": {"claimName": null, "create": {"storageClassName": "standard-rwx"}}})"),
                      90 * kGi),
            json(R"({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                     "metadata": {"name": "qwen", "namespace": "llm",
                                  "labels": {"app.kubernetes.io/managed-by": "warmgate"},
                                  "annotations": {"warmgate.dev/model-cache": "qwen"}},
                     "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "standard-rwx",
                              "resources": {"requests": {"storage": "90Gi"}}}})"));
  const document::Json claim =
      new_claim(cache_spec(R"({"storage": {"claimName": null, "create": {"accessModes": ["ReadWriteOnce"]}}})"), 1000);
  EXPECT_EQ(claim["spec"],
            json(R"({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1000"}}})"));
}

std::string node(const std::string& allocatable, const std::string& labels = "", const std::string& spec = "",
                 const std::string& ready = "\"True\"") {
  return "---\n{apiVersion: v1, kind: Node, metadata: {name: n, labels: {" + labels + "}}, spec: {" + spec +
         "}, status: {allocatable: {" + allocatable + "}, conditions: [{type: Ready, status: " + ready + "}]}}\n";
}

TEST(NodesHoldHighPerformance, WhenOneWithoutAcceleratorsThatTakesPodsHasTheMemory) {
  const std::string big = "cpu: \"32\", memory: 128Gi";
  struct Case {
    std::string nodes;
    bool holds;
  };
  const std::vector<Case> cases = {
      {node(big), true},
      {node("cpu: 31850m, memory: 67108864Ki"), false},  // 64Gi, and nothing for the node's own Pods
      {node("cpu: 31850m, memory: 69206016Ki"), true},
      {node("cpu: \"1\", memory: 128Gi"), false},
      {node(big + ", nvidia.com/gpu: \"2\""), false},
      {node(big + ", nvidia.com/gpu: \"0\""), true},
      {node(big, "nvidia.com/gpu.present: \"true\""), false},
      {node(big, "feature.node.kubernetes.io/pci-10de.present: \"false\""), true},
      {node(big, "", "unschedulable: true"), false},
      {node(big, "", "taints: [{key: a, effect: NoSchedule}]"), false},
      {node(big, "", "taints: [{key: a, effect: PreferNoSchedule}]"), true},
      {node(big, "", "", "Unknown"), false},
      {node("memory: 1Gi") + node(big), true},
  };
  EXPECT_FALSE(nodes_hold_high_performance({}, settings().knowledge.accelerators));
  for (const Case& test : cases) {
    EXPECT_EQ(nodes_hold_high_performance(testing::objects(test.nodes), settings().knowledge.accelerators), test.holds)
        << test.nodes;
  }
}

}  // namespace
}  // namespace warmgate::controller
