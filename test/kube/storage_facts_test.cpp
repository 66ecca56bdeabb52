// What is known of provisioners, and what an administrator adds to it.
#include "warmgate/kube/storage_facts.h"

#include <gtest/gtest.h>

#include <memory>

#include "warmgate/document/read.h"

namespace warmgate::kube {
namespace {

constexpr std::int64_t kGi = std::int64_t{1} << 30;

base::Status add(StorageFacts& facts, const std::string& spec, const std::string& kind = "StorageFacts") {
  const std::string text = "apiVersion: warmgate.dev/v1alpha1\nkind: " + kind + "\nmetadata: {name: ours}\n" + spec;
  const auto source = std::make_shared<document::SourceText>("ours.yaml", text);
  return facts.add(document::read_single(source, {}).value());
}

StorageFacts built_in() { return StorageFacts::built_in().value(); }

TEST(StorageFacts, KnowBlockStorageByNameAndByGlob) {
  const StorageFacts facts = built_in();
  ASSERT_NE(facts.block_only("pd.csi.storage.gke.io"), nullptr);
  EXPECT_TRUE(facts.block_only("pd.csi.storage.gke.io")->read_only_many);
  ASSERT_NE(facts.block_only("ebs.csi.aws.com"), nullptr);
  EXPECT_FALSE(facts.block_only("ebs.csi.aws.com")->read_only_many);
  EXPECT_NE(facts.block_only("rook-ceph.rbd.csi.ceph.com"), nullptr);
  for (const char* shared : {"filestore.csi.storage.gke.io", "efs.csi.aws.com", "rook-ceph.cephfs.csi.ceph.com",
                             "driver.longhorn.io", "csi.vsphere.vmware.com", "example.com/anything", ""}) {
    EXPECT_EQ(facts.block_only(shared), nullptr) << shared;
  }
}

TEST(StorageFacts, TakeTheFirstMinimumThatFitsTheParameters) {
  const StorageFacts facts = built_in();
  const auto minimum = [&](const ClassParameters& parameters) {
    const MinimumSize* found = facts.minimum("filestore.csi.storage.gke.io", parameters);
    return found == nullptr ? -1 : found->bytes / kGi;
  };
  EXPECT_EQ(minimum({}), 100);
  EXPECT_EQ(minimum({{"tier", "basic_hdd"}, {"network", "default"}}), 100);
  EXPECT_EQ(minimum({{"tier", "premium"}}), 2560);
  EXPECT_EQ(minimum({{"tier", "enterprise"}}), 1024);
  EXPECT_EQ(minimum({{"tier", "enterprise"}, {"multishare", "true"}}), 0);
  EXPECT_EQ(minimum({{"tier", "of-tomorrow"}}), -1);
  EXPECT_EQ(facts.minimum("filestore.csi.storage.gke.io", {})->older_bytes, 1024 * kGi);
  EXPECT_EQ(facts.minimum("pd.csi.storage.gke.io", {}), nullptr);
}

TEST(StorageFacts, KnowClassesThatPlatformsInstall) {
  const StorageFacts facts = built_in();
  ASSERT_NE(facts.well_known_class("standard-rwo"), nullptr);
  EXPECT_EQ(facts.well_known_class("standard-rwo")->provisioner, "pd.csi.storage.gke.io");
  EXPECT_EQ(facts.well_known_class("premium-rwx")->parameters.at("tier"), "premium");
  // kind, minikube and GKE each call another thing "standard".
  EXPECT_EQ(facts.well_known_class("standard"), nullptr);
  EXPECT_EQ(facts.well_known_class("default"), nullptr);
}

TEST(StorageFacts, KnowWhoseSizeNobodyEnforces) {
  EXPECT_FALSE(built_in().enforces_size("efs.csi.aws.com"));
  EXPECT_TRUE(built_in().enforces_size("filestore.csi.storage.gke.io"));
  EXPECT_TRUE(built_in().enforces_size("example.com/anything"));
}

TEST(StorageFacts, OfAnAdministratorGoBeforeTheBuiltInOnes) {
  StorageFacts facts = built_in();
  const base::Status added = add(facts, R"(
spec:
  blockOnly: [{provisioners: ["*.block.example.com"], instead: our NAS}]
  sizeNotEnforced: [nas.example.com]
  minimums: [{provisioner: filestore.csi.storage.gke.io, minimum: 1Ti}]
  wellKnownClasses: [{names: [gp3], provisioner: nas.example.com}]
)");
  ASSERT_TRUE(added.ok()) << added.error().message;
  EXPECT_EQ(facts.block_only("a.block.example.com")->instead, "our NAS");
  EXPECT_FALSE(facts.enforces_size("nas.example.com"));
  EXPECT_EQ(facts.minimum("filestore.csi.storage.gke.io", {})->bytes, 1024 * kGi);
  EXPECT_EQ(facts.well_known_class("gp3")->provisioner, "nas.example.com");
  EXPECT_NE(facts.block_only("ebs.csi.aws.com"), nullptr);
}

TEST(StorageFacts, NameThePlaceOfAMistake) {
  StorageFacts facts = built_in();
  const auto error = [&](const std::string& spec, const std::string& kind = "StorageFacts") {
    const base::Status added = add(facts, spec, kind);
    return added.ok() ? "" : added.error().message;
  };
  EXPECT_EQ(error("spec: {}\n", "Engine"), "ours.yaml:1:1: storage facts must be of kind StorageFacts");
  EXPECT_EQ(error("spec: {blockonly: []}\n"),
            "ours.yaml:4:19: /spec/blockonly: storage facts have no such field; did you mean blockOnly?");
  EXPECT_EQ(error("spec: {minimums: [{provisioner: a, minimum: lots}]}\n"),
            "ours.yaml:4:45: /spec/minimums/0/minimum: must be a quantity in quotes, such as \"100Gi\"");
  EXPECT_EQ(error("spec: {blockOnly: [{provisioners: [], instead: b}]}\n"),
            "ours.yaml:4:35: /spec/blockOnly/0/provisioners: must name at least one");
  EXPECT_EQ(error("spec: {sizeNotEnforced: efs}\n"),
            "ours.yaml:4:25: /spec/sizeNotEnforced: must be a list of strings");
  EXPECT_EQ(facts.block_only("a"), nullptr);
}

}  // namespace
}  // namespace warmgate::kube
