#include "warmgate/cluster/subject_access.h"

#include <nlohmann/json.hpp>

#include "cluster/rest_client.h"

namespace warmgate::cluster::test {
namespace {

using document::Json;

const kube::Subject kBob{"bob", "u-1", {"team-a"}, {{"scopes", {"read"}}}};
const kube::Access kToken{"get", "", "secrets", "hf-token"};

class SubjectAccess : public RestClientTest {};

TEST_F(SubjectAccess, IsOneReviewOfTheWholeUser) {
  http_->add(201, R"({"kind": "SubjectAccessReview", "status": {"allowed": true}})");
  RestClient api = client();
  EXPECT_TRUE(may(api, kBob, "llm", kToken).value());
  ASSERT_EQ(http_->targets(), std::vector<std::string>{"POST /apis/authorization.k8s.io/v1/subjectaccessreviews"});
  EXPECT_EQ(Json::parse(http_->requests[0].body), Json::parse(R"({
    "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
    "spec": {"user": "bob", "uid": "u-1", "groups": ["team-a"], "extra": {"scopes": ["read"]},
             "resourceAttributes": {"namespace": "llm", "verb": "get", "group": "", "resource": "secrets",
                                    "name": "hf-token"}}})"));
}

TEST_F(SubjectAccess, OnlyAllowedIsAYes) {
  for (const auto& [status, allowed] : std::vector<std::pair<std::string, bool>>{
           {R"({"allowed": false})", false}, {R"({"allowed": true, "denied": true})", false}}) {
    http_->add(201, R"({"kind": "SubjectAccessReview", "status": )" + status + "}");
    RestClient api = client();
    EXPECT_EQ(may(api, kBob, "llm", kToken).value(), allowed) << status;
  }
}

TEST_F(SubjectAccess, AnythingElseIsNoAnswer) {
  http_->add(201, R"({"kind": "SubjectAccessReview", "status": {}})");
  http_->add(403, R"({"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": "no", "code": 403})");
  for (int i = 0; i < 2; ++i) {
    RestClient api = client();
    EXPECT_FALSE(may(api, kBob, "llm", kToken));
  }
}

}  // namespace
}  // namespace warmgate::cluster::test
