#include "cluster/rest_client.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "warmgate/base/version.h"

namespace warmgate::cluster::test {
namespace {

using document::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string status_body(int code, const std::string& reason, const std::string& message) {
  return Json{{"kind", "Status"}, {"status", "Failure"}, {"code", code}, {"reason", reason}, {"message", message}}
      .dump();
}

TEST_F(RestClientTest, GetAsksWithTokenAndAgent) {
  prefix_ = "/k8s/clusters/c-1";
  http_->add(200, R"({"kind": "Pod", "metadata": {"name": "a"}})");
  const auto pod = client().get(kPods, "default", "a");
  ASSERT_TRUE(pod.ok()) << pod.error().message;
  EXPECT_EQ((*pod)->at("metadata").at("name"), "a");
  EXPECT_THAT(http_->targets(), ElementsAre("GET /k8s/clusters/c-1/api/v1/namespaces/default/pods/a"));
  EXPECT_THAT(http_->requests[0].headers,
              ElementsAre(Pair("Accept", "application/json"), Pair("Authorization", "Bearer t1"),
                          Pair("User-Agent", "warmgate/" + std::string(base::version()))));
  EXPECT_TRUE(http_->requests[0].repeatable);
}

TEST_F(RestClientTest, ALogIsTextAndBoundedAtItsServer) {
  http_->add(200, "one\ntwo\n", {{"content-type", "text/plain"}});
  const auto log = client().log("default", "a", {"download", 5, 1000});
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(*log, "one\ntwo\n");
  EXPECT_THAT(http_->targets(),
              ElementsAre("GET /api/v1/namespaces/default/pods/a/log?container=download&tailLines=5&limitBytes=1000"));
  EXPECT_EQ(http_->requests[0].headers.at("Accept"), "*/*");
  http_->add(400, status_body(400, "BadRequest", "container is waiting to start"));
  EXPECT_EQ(client().log("default", "a", {"download"}).error().reason, "BadRequest");
}

TEST_F(RestClientTest, NamesThatWouldLeadElsewhereAreNeverSent) {
  auto api = client();
  EXPECT_FALSE(api.log("default", "../x", {}).ok());
  EXPECT_FALSE(api.log("default", "", {}).ok());
  for (const char* name : {"../secrets/x", "..", ".", "a%2Fb", "a\nb", ""}) {
    const auto pod = api.get(kPods, "default", name);
    ASSERT_FALSE(pod.ok()) << name;
    EXPECT_EQ(pod.error().status, 0);
  }
  // Without a name this would delete the collection.
  EXPECT_FALSE(api.remove(kPods, "default", "", {}).ok());
  EXPECT_FALSE(api.remove(kPods, "", "a", {}).ok());
  EXPECT_FALSE(api.create(kPods, "", Json::object()).ok());
  EXPECT_THAT(http_->requests, IsEmpty());
}

TEST_F(RestClientTest, WritesSayWhatTheyAre) {
  for (int i = 0; i < 5; ++i) {
    http_->add(200, "{}");
  }
  auto api = client();
  EXPECT_TRUE(api.create(kVolumes, "", {{"a", 1}}).ok());
  EXPECT_TRUE(api.patch(kDeployments, "d", "web", PatchType::kJson, Json::array(), {}).ok());
  EXPECT_TRUE(api.patch(kDeployments, "d", "web", PatchType::kMerge, {{"a", nullptr}}, {"status", "", false}).ok());
  EXPECT_TRUE(api.patch(kDeployments, "d", "web", PatchType::kApply, {{"b", 2}}, {"", "warm gate", true}).ok());
  EXPECT_TRUE(api.remove(kDeployments, "d", "web", {"u-1", "77"}).ok());
  EXPECT_THAT(http_->targets(),
              ElementsAre("POST /api/v1/persistentvolumes", "PATCH /apis/apps/v1/namespaces/d/deployments/web",
                          "PATCH /apis/apps/v1/namespaces/d/deployments/web/status",
                          "PATCH /apis/apps/v1/namespaces/d/deployments/web?fieldManager=warm%20gate&force=true",
                          "DELETE /apis/apps/v1/namespaces/d/deployments/web"));
  std::vector<std::string> types;
  std::vector<std::string> bodies;
  for (const HttpRequest& request : http_->requests) {
    types.push_back(request.headers.at("Content-Type"));
    bodies.push_back(request.body);
    EXPECT_FALSE(request.repeatable);
  }
  EXPECT_THAT(types, ElementsAre("application/json", "application/json-patch+json", "application/merge-patch+json",
                                 "application/apply-patch+yaml", "application/json"));
  EXPECT_THAT(bodies,
              ElementsAre(R"({"a":1})", "[]", R"({"a":null})", R"({"b":2})",
                          R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"resourceVersion":"77",)"
                          R"("uid":"u-1"},"propagationPolicy":"Background"})"));
}

struct Refusal {
  const char* name;
  int status;
  std::string body;
  std::map<std::string, std::string> headers;
  const char* reason;
  const char* message;
};

class Refusals : public RestClientTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(Refusals, BecomeErrorsForPeople) {
  http_->add(GetParam().status, GetParam().body, GetParam().headers);
  const auto pod = client().get(kPods, "default", "a");
  ASSERT_FALSE(pod.ok());
  EXPECT_EQ(pod.error().status, GetParam().status);
  EXPECT_EQ(pod.error().reason, GetParam().reason);
  EXPECT_EQ(pod.error().message,
            std::string("GET /api/v1/namespaces/default/pods/a (context test): ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    ::testing::Values(
        Refusal{"NotFound",
                404,
                status_body(404, "NotFound", "pods \"a\" not found"),
                {},
                "NotFound",
                "404 NotFound: pods \"a\" not found"},
        Refusal{"UnknownKind",
                404,
                status_body(404, "NotFound", "the server could not find the requested resource"),
                {},
                "NotFound",
                "404 NotFound: the server could not find the requested resource; the API server does not know this "
                "kind: is "
                "its CustomResourceDefinition installed?"},
        Refusal{"Forbidden",
                403,
                status_body(403, "Forbidden", "User x cannot list resource pods"),
                {},
                "Forbidden",
                "403 Forbidden: User x cannot list resource pods; grant it by RBAC (`kubectl auth can-i --list` tells "
                "what is allowed)"},
        Refusal{"OverQuota",
                403,
                status_body(403, "Forbidden", "jobs.batch is forbidden: exceeded quota: small"),
                {},
                "Forbidden",
                "403 Forbidden: jobs.batch is forbidden: exceeded quota: small"},
        Refusal{"Unauthorized",
                401,
                status_body(401, "Unauthorized", "Unauthorized"),
                {},
                "Unauthorized",
                "401 Unauthorized: Unauthorized; the API server does not accept these credentials: renew them"},
        Refusal{
            "HtmlOfAProxy",
            502,
            "<html>\r\n<h1>Bad Gateway</h1>\x1b[31m",
            {{"content-type", "text/html"}},
            "",
            "answered 502 without a Kubernetes Status but with text/html, so this may be a proxy instead of the API "
            "server: <html>  <h1>Bad Gateway</h1> [31m"},
        Refusal{
            "EmptyBody",
            500,
            "",
            {},
            "",
            "answered 500 without a Kubernetes Status but with application/json, so this may be a proxy instead of the "
            "API server"},
        Refusal{"Redirect",
                307,
                "",
                {{"location", "https://evil.example/"}},
                "",
                "answered 307, a redirect, which is never followed; give the API server's own address"},
        Refusal{"HtmlThatSaysOk",
                200,
                "<html>",
                {{"content-type", "text/html; charset=utf-8"}},
                "",
                "answered 200 without a Kubernetes Status but with text/html; charset=utf-8, so this may be a proxy "
                "instead "
                "of the API server: <html>"}),
    [](const auto& row) { return row.param.name; });

TEST_F(RestClientTest, AnswersThatAreNoObjectsAreErrors) {
  auto api = client();
  for (const char* body : {"", "{", "[]", "7", "{} {}"}) {
    http_->add(200, body);
    const auto pod = api.get(kPods, "default", "a");
    ASSERT_FALSE(pod.ok()) << body;
    EXPECT_EQ(pod.error().status, 0);
  }
  http_->add(200, std::string(100'000, '[') + std::string(100'000, ']'));
  EXPECT_FALSE(api.get(kPods, "default", "a").ok());
}

TEST_F(RestClientTest, FailuresOfTheConnectionHaveNoStatus) {
  http_->add(HttpFailureKind::kConnect, "cannot connect to 10.0.0.1:6443: Connection refused");
  const auto pod = client().get(kPods, "default", "a");
  ASSERT_FALSE(pod.ok());
  EXPECT_EQ(pod.error().status, 0);
  EXPECT_EQ(
      pod.error().message,
      "GET /api/v1/namespaces/default/pods/a (context test): cannot connect to 10.0.0.1:6443: Connection refused");
}

TEST_F(RestClientTest, RefusedCredentialsAreRenewedOnce) {
  http_->add(401, status_body(401, "Unauthorized", "Unauthorized"));
  http_->add(200, "{}");
  EXPECT_TRUE(client({"old", "new"}).get(kPods, "default", "a").ok());
  EXPECT_EQ(http_->requests[1].headers.at("Authorization"), "Bearer new");
  http_->add(401, status_body(401, "Unauthorized", "Unauthorized"));
  http_->add(401, status_body(401, "Unauthorized", "Unauthorized"));
  const auto refused = client({"old", "new", "newer"}).get(kPods, "default", "a");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().status, 401);
  EXPECT_EQ(http_->requests.size(), 4U);
}

TEST_F(RestClientTest, RetryAfterIsHonouredWithinTheDeadline) {
  http_->add(429, status_body(429, "TooManyRequests", "slow down"), {{"retry-after", "2"}});
  http_->add(503, "", {{"retry-after", "3"}});
  http_->add(200, "{}");
  EXPECT_TRUE(client().get(kPods, "default", "a").ok());
  EXPECT_THAT(clock_.sleeps, ElementsAre(milliseconds{2000}, milliseconds{3000}));
  EXPECT_EQ(http_->requests[2].head_within, milliseconds{25'000});  // of the call's 30 s
}

TEST_F(RestClientTest, RetriesAreBoundedByDeadlineAndCount) {
  http_->add(429, "", {{"retry-after", "30"}});
  const auto late = client().get(kPods, "default", "a");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().retry_after, seconds{30});
  EXPECT_EQ(http_->requests.size(), 1U);
  for (int i = 0; i < 10; ++i) {
    http_->add(429, "", {{"retry-after", "1"}});
  }
  EXPECT_EQ(client().get(kPods, "default", "a").error().status, 429);
  EXPECT_EQ(http_->requests.size(), 5U);
}

TEST_F(RestClientTest, AStopEndsThePauseThatTheServerAskedFor) {
  std::stop_source stop;
  clock_.on_sleep = [&] { stop.request_stop(); };
  http_->add(429, status_body(429, "TooManyRequests", "slow down"), {{"retry-after", "2"}});
  EXPECT_EQ(client().get(kPods, "default", "a", stop.get_token()).error().status, 429);
  EXPECT_EQ(http_->requests.size(), 1U);
}

TEST_F(RestClientTest, ServerErrorsWithoutRetryAfterAreNotRepeated) {
  http_->add(500, "");
  EXPECT_EQ(client().get(kPods, "default", "a").error().status, 500);
  EXPECT_EQ(http_->requests.size(), 1U);
  EXPECT_THAT(clock_.sleeps, IsEmpty());
}

}  // namespace
}  // namespace warmgate::cluster::test
