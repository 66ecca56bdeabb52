// Accelerators by resource name and by device claims (DRA), and what only looks like one.
#include "warmgate/models/accelerators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "models/container_reading.h"
#include "support/objects.h"

namespace warmgate::testing {
namespace {

using Amounts = std::map<std::string, std::int64_t>;

TEST(Accelerators, Names) {
  for (const char* name :
       {"nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb", "nvidia.com/mig-1g.10gb.me", "amd.com/gpu",
        "amd.com/cpx_nps4", "gpu.intel.com/i915", "gpu.intel.com/xe", "habana.ai/gaudi", "google.com/tpu",
        "cloud-tpus.google.com/v3", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore", "huawei.com/Ascend910",
        "huawei.com/Ascend310P"}) {
    EXPECT_TRUE(knowledge().accelerators.is_accelerator(name)) << name;
  }
  for (const char* name : {"cpu",
                           "memory",
                           "ephemeral-storage",
                           "hugepages-1Gi",
                           "nvidia.com/gpumem",
                           "nvidia.com/gpumem-percentage",
                           "nvidia.com/gpucores",
                           "nvidia.com/priority",
                           "nvidia.com/gpu.product",
                           "gpu.intel.com/monitoring",
                           "gpu.intel.com/i915_monitoring",
                           "gpu.intel.com/millicores",
                           "rdma/hca",
                           "rdma/rdma_shared_device_a",
                           "vpc.amazonaws.com/efa",
                           "smarter-devices/fuse",
                           "huawei.com/Ascend910B2-memory",
                           "huawei.com/Ascend910-core",
                           "devices.kubevirt.io/kvm",
                           "example.com/gpu"}) {
    EXPECT_FALSE(knowledge().accelerators.is_accelerator(name)) << name;
  }
}

Amounts requested_by_claims(const std::string& claims, const std::string& container_claims) {
  const std::vector<kube::Object> all = objects(
      "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {resourceClaims: [{name: gpu, "
      "resourceClaimTemplateName: t}, {name: own, resourceClaimName: c}, {name: lost, resourceClaimName: "
      "nowhere}], containers: [{name: c, image: \"vllm/vllm-openai:v0.11.0\", args: [--model, org/m], "
      "resources: {claims: [" +
      container_claims + "]}}]}}\n" + claims);
  return models::read_workload(all.at(0), knowledge(), kube::BundleFacts(all)).at(0).uses.at(0).accelerators;
}

std::string made_from(const std::string& version, const std::string& requests) {
  return "---\n{apiVersion: resource.k8s.io/" + version +
         ", kind: ResourceClaimTemplate, metadata: {name: t}, spec: {spec: {devices: {requests: [" + requests +
         "]}}}}\n";
}

TEST(Accelerators, DeviceClaimsOfEveryVersion) {
  EXPECT_EQ(
      requested_by_claims(made_from("v1beta1", "{name: r, deviceClassName: gpu.nvidia.com, count: 2}"), "{name: gpu}"),
      (Amounts{{"gpu.nvidia.com", 2}}));
  EXPECT_EQ(
      requested_by_claims(made_from("v1", "{name: r, exactly: {deviceClassName: mig.nvidia.com}}"), "{name: gpu}"),
      (Amounts{{"mig.nvidia.com", 1}}));
  EXPECT_EQ(requested_by_claims(
                made_from("v1", "{name: r, firstAvailable: [{name: a, deviceClassName: gpu.amd.com, count: 4}]}"),
                "{name: gpu}"),
            (Amounts{{"gpu.amd.com", 4}}));
  const std::string claim =
      "---\n{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: c}, spec: {devices: {requests: "
      "[{name: "
      "a, exactly: {deviceClassName: gpu.nvidia.com}}, {name: b, exactly: {deviceClassName: tpu.google.com}}]}}}\n";
  EXPECT_EQ(requested_by_claims(claim, "{name: own}"), (Amounts{{"gpu.nvidia.com", 1}, {"tpu.google.com", 1}}));
  EXPECT_EQ(requested_by_claims(claim, "{name: own, request: b}"), (Amounts{{"tpu.google.com", 1}}));
}

TEST(Accelerators, DeviceClaimsThatAreNone) {
  const std::string gpu = made_from("v1", "{name: r, exactly: {deviceClassName: gpu.nvidia.com}}");
  EXPECT_EQ(requested_by_claims(gpu, ""), Amounts()) << "the Pod claims it, this container does not use it";
  EXPECT_EQ(requested_by_claims(gpu, "{name: lost}"), Amounts());
  EXPECT_EQ(requested_by_claims("", "{name: gpu}"), Amounts()) << "only the template says what it asks for";
  for (const char* name : {"netdev.google.com", "compute-domain-default-channel.nvidia.com", "mine"}) {
    EXPECT_EQ(requested_by_claims(made_from("v1", "{name: r, exactly: {deviceClassName: " + std::string(name) + "}}"),
                                  "{name: gpu}"),
              Amounts())
        << name;
  }
}

TEST(Accelerators, ADeviceClassOfOnesOwnSelectsByTheDriver) {
  const std::string own = made_from("v1", "{name: r, exactly: {deviceClassName: big}}");
  const auto device_class = [](const std::string& expression) {
    return "---\n{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: big}, spec: {selectors: [{cel: "
           "{expression: '" +
           expression + "'}}]}}\n";
  };
  EXPECT_EQ(requested_by_claims(own + device_class("device.driver == \"gpu.nvidia.com\""), "{name: gpu}"),
            (Amounts{{"big", 1}}));
  EXPECT_EQ(requested_by_claims(own + device_class("device.driver == \"netdev.google.com\""), "{name: gpu}"),
            Amounts());
}

}  // namespace
}  // namespace warmgate::testing
