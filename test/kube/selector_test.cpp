#include "warmgate/kube/selector.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "kube/objects.h"

namespace warmgate::kube {
namespace {

TEST(Selector, TableOfSelectors) {
  const std::map<std::string, std::string> labels = {{"app", "vllm"}, {"tier", "gpu"}, {"empty", ""}};
  struct Case {
    const char* selector;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"null", false},
      {R"("app=vllm")", false},
      {"{}", true},
      {R"({"matchLabels": {}, "matchExpressions": []})", true},
      {R"({"matchLabels": null, "matchExpressions": null})", true},
      {R"({"matchLabels": {"app": "vllm"}})", true},
      {R"({"matchLabels": {"app": "vllm", "tier": "gpu"}})", true},
      {R"({"matchLabels": {"app": "vllm", "tier": "cpu"}})", false},
      {R"({"matchLabels": {"absent": ""}})", false},
      {R"({"matchLabels": {"empty": ""}})", true},
      {R"({"matchLabels": {"empty": 5}})", false},
      {R"({"matchLabels": ["app"]})", false},
      {R"({"matchExpressions": {"key": "app"}})", false},
      {R"({"matchExpressions": [{"key": "app", "operator": "In", "values": ["tgi", "vllm"]}]})", true},
      {R"({"matchExpressions": [{"key": "app", "operator": "In", "values": ["tgi"]}]})", false},
      {R"({"matchExpressions": [{"key": "absent", "operator": "In", "values": [""]}]})", false},
      {R"({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["tgi"]}]})", true},
      {R"({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["vllm"]}]})", false},
      {R"({"matchExpressions": [{"key": "absent", "operator": "NotIn", "values": ["x"]}]})", true},
      {R"({"matchExpressions": [{"key": "app", "operator": "NotIn"}]})", false},
      {R"({"matchExpressions": [{"key": "app", "operator": "In", "values": []}]})", false},
      {R"({"matchExpressions": [{"key": "empty", "operator": "Exists"}]})", true},
      {R"({"matchExpressions": [{"key": "absent", "operator": "Exists"}]})", false},
      {R"({"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}]})", true},
      {R"({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]})", false},
      {R"({"matchExpressions": [{"key": "app", "operator": "Gt", "values": ["1"]}]})", false},
      {R"({"matchExpressions": [{"key": "app", "operator": "exists"}]})", false},
      {R"({"matchExpressions": [7]})", false},
      {R"({"matchLabels": {"app": "vllm"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]})", false},
  };
  for (const Case& test : cases) {
    const document::Json selector = json(test.selector);
    EXPECT_EQ(selector_matches(View(selector), labels), test.matches) << test.selector;
  }
  EXPECT_FALSE(selector_matches(View(), labels));
}

}  // namespace
}  // namespace warmgate::kube
