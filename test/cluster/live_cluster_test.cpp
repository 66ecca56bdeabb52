// The client against a real kube-apiserver, when WARMGATE_TEST_KUBECONFIG names a kubeconfig that may create and delete
// ConfigMaps and namespaces. Skipped otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "warmgate/cluster/kubeconfig.h"
#include "warmgate/cluster/rest_client.h"

namespace warmgate::cluster {
namespace {

using document::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
const Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap", true};

class LiveClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = process_environment("WARMGATE_TEST_KUBECONFIG");
    if (!path) {
      GTEST_SKIP() << "WARMGATE_TEST_KUBECONFIG names no kubeconfig";
    }
    auto connection = load_kubeconfig({*path, process_environment("WARMGATE_TEST_CONTEXT").value_or("")},
                                      process_environment, clock_);
    ASSERT_TRUE(connection.ok()) << connection.error().message;
    RestOptions options;
    options.page_size = 5;
    auto api = connect(*connection, clock_, options);
    ASSERT_TRUE(api.ok()) << api.error().message;
    api_ = std::move(api).value();
    const auto created = api_->create(kNamespaces, "", {{"metadata", {{"generateName", "warmgate-test-"}}}});
    ASSERT_TRUE(created.ok()) << created.error().message;
    ns_ = (*created)->at("metadata").at("name").get<std::string>();
  }
  void TearDown() override {
    if (!ns_.empty()) {
      EXPECT_TRUE(api_->remove(kNamespaces, "", ns_, {}).ok());
    }
  }

  ApiResult<JsonPtr> create(const std::string& name, std::size_t size = 1) {
    return api_->create(kConfigMaps, ns_,
                        {{"metadata", {{"name", name}, {"labels", {{"app", "warmgate-test"}}}}},
                         {"data", {{"k", std::string(size, 'v')}}}});
  }
  static std::string version_of(const JsonPtr& object) {
    return object->at("metadata").at("resourceVersion").get<std::string>();
  }

  SystemClock clock_;
  std::unique_ptr<KubeApi> api_;
  std::string ns_;
};

TEST_F(LiveClusterTest, ObjectsAreCreatedReadPatchedAppliedAndRemoved) {
  const auto created = create("a", 1'000'000);  // far beyond what fits one TLS record or socket buffer
  ASSERT_TRUE(created.ok()) << created.error().message;
  const auto again = create("a");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().status, 409);
  EXPECT_EQ(again.error().reason, "AlreadyExists");

  const auto merged = api_->patch(kConfigMaps, ns_, "a", PatchType::kMerge, {{"data", {{"k", "m"}}}}, {});
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  const Json operations = Json::array(
      {{{"op", "test"}, {"path", "/data/k"}, {"value", "m"}}, {{"op", "add"}, {"path", "/data/j"}, {"value", "1"}}});
  const auto patched = api_->patch(kConfigMaps, ns_, "a", PatchType::kJson, operations, {});
  ASSERT_TRUE(patched.ok()) << patched.error().message;
  EXPECT_EQ((*patched)->at("data"), (Json{{"k", "m"}, {"j", "1"}}));

  const Json applied{
      {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "a"}}}, {"data", {{"k", "applied"}}}};
  const auto conflict = api_->patch(kConfigMaps, ns_, "a", PatchType::kApply, applied, {"", "warmgate-a", false});
  ASSERT_FALSE(conflict.ok());
  EXPECT_EQ(conflict.error().reason, "Conflict");
  EXPECT_THAT(conflict.error().message, HasSubstr(".data.k"));
  const auto forced = api_->patch(kConfigMaps, ns_, "a", PatchType::kApply, applied, {"", "warmgate-a", true});
  ASSERT_TRUE(forced.ok()) << forced.error().message;

  const auto read = api_->get(kConfigMaps, ns_, "a");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ((*read)->at("data"), (Json{{"k", "applied"}, {"j", "1"}}));
  const auto other = api_->remove(kConfigMaps, ns_, "a", {"00000000-0000-0000-0000-000000000000", ""});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().reason, "Conflict");
  const auto removed =
      api_->remove(kConfigMaps, ns_, "a", {(*read)->at("metadata").at("uid").get<std::string>(), version_of(*read)});
  EXPECT_TRUE(removed.ok()) << removed.error().message;
  EXPECT_TRUE(api_->get(kConfigMaps, ns_, "a").error().not_found());
}

TEST_F(LiveClusterTest, ListsComeInPagesAndWatchesGoOnFromThem) {
  for (int i = 0; i < 12; ++i) {
    const auto created = create("m" + std::to_string(i));
    ASSERT_TRUE(created.ok()) << created.error().message;
  }
  std::vector<std::string> names;
  ListOptions options;
  options.ns = ns_;
  options.field_selector = "metadata.name!=kube-root-ca.crt";
  const auto version = api_->list(kConfigMaps, options, [&](Json&& item) {
    EXPECT_EQ(item.at("kind"), "ConfigMap");
    names.push_back(item.at("metadata").at("name").get<std::string>());
  });
  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_EQ(names.size(), 12U);

  std::vector<std::string> events;
  std::stop_source stop;
  auto watching = std::async(std::launch::async, [&] {
    return api_->watch(
        kConfigMaps, {options, *version},
        [&](EventType type, Json&& object) {
          events.push_back(std::to_string(static_cast<int>(type)) +
                           object.at("metadata").at("name").get<std::string>());
          if (type == EventType::kDeleted) {
            stop.request_stop();
          }
        },
        stop.get_token());
  });
  ASSERT_TRUE(create("new", 900'000).ok());
  ASSERT_TRUE(api_->patch(kConfigMaps, ns_, "new", PatchType::kMerge, {{"data", {{"k", "x"}}}}, {}).ok());
  ASSERT_TRUE(api_->remove(kConfigMaps, ns_, "new", {}).ok());
  ASSERT_EQ(watching.wait_for(std::chrono::seconds{30}), std::future_status::ready);
  const auto ended = watching.get();
  EXPECT_TRUE(ended.ok()) << ended.error().message;
  EXPECT_THAT(events, ElementsAre("0new", "1new", "2new"));
}

TEST_F(LiveClusterTest, KindsThatTheServerDoesNotKnowAreNamed) {
  const auto unknown = api_->get({"warmgate.dev", "v1alpha9", "nothings", "Nothing", true}, ns_, "a");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("is its CustomResourceDefinition installed?"));
}

}  // namespace
}  // namespace warmgate::cluster
