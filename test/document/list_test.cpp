#include <gtest/gtest.h>

#include "reading.h"

namespace warmgate::document {
namespace {

TEST(List, IsReplacedByItsItemsWithTheirPlaces) {
  const ReadResult result = read("apiVersion: v1\nkind: List\nitems:\n- {kind: A, x: 1}\n- kind: B\n  x: two\n");
  ASSERT_EQ(result.documents.size(), 2U);
  EXPECT_EQ(result.documents[0].value().dump(), R"({"kind":"A","x":1})");
  EXPECT_EQ(excerpt(result.documents[0], result.documents[0].value_span("")), "{kind: A, x: 1}");
  EXPECT_EQ(excerpt(result.documents[1], result.documents[1].value_span("/x")), "two");
}

TEST(List, ItemsAreUnpackedOrLeft) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"kind":"List","items":[{"kind":"List","items":[{"a":1}]},{"b":2}]})", "{\"a\":1}\n{\"b\":2}\n"},
      {R"({"kind":"List","items":[]})", ""},
      {R"({"kind":"List","items":[{"a":1},2]})", "{\"items\":[{\"a\":1},2],\"kind\":\"List\"}\n"},
      {R"({"kind":"List","items":{}})", "{\"items\":{},\"kind\":\"List\"}\n"},
      {R"({"kind":"Listing","items":[{}]})", "{\"items\":[{}],\"kind\":\"Listing\"}\n"},
      {R"([{"a":1}])", "[{\"a\":1}]\n"},
  };
  for (const auto& [json, expected] : rows) {
    EXPECT_EQ(read_summary(json), expected) << json;
  }
}

TEST(List, ItemsOfATypedListGetItsType) {
  EXPECT_EQ(read_summary(R"({"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{"name":"x"}}]})"),
            "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"x\"}}\n");
  EXPECT_EQ(read_summary(R"({"apiVersion":"v1","kind":"List","items":[{"a":1}]})"), "{\"a\":1}\n");
  EXPECT_EQ(read_summary(R"({"apiVersion":"v1","kind":"PodList","items":[{"apiVersion":"v2","kind":"Other"}]})"),
            "{\"apiVersion\":\"v2\",\"kind\":\"Other\"}\n");
}

}  // namespace
}  // namespace warmgate::document
