// Lists in pages and watches, over a scripted transport.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cluster/rest_client.h"

namespace warmgate::cluster::test {
namespace {

using document::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

std::string page(const std::vector<std::string>& names, const std::string& next, const std::string& version = "7") {
  Json list{{"kind", "PodList"}, {"metadata", {{"resourceVersion", version}, {"continue", next}}}, {"items", nullptr}};
  for (const std::string& name : names) {
    list["items"].push_back({{"metadata", {{"name", name}}}});
  }
  return list.dump();
}

class ListTest : public RestClientTest {
 protected:
  KubeApi::OnItem collect() {
    return [this](Json&& item) {
      seen_.push_back(item.at("apiVersion").get<std::string>() + " " + item.at("kind").get<std::string>() + " " +
                      item.at("metadata").at("name").get<std::string>());
    };
  }
  void add_expired() {
    http_->add(
        410,
        R"({"kind":"Status","code":410,"reason":"Expired","message":"The provided continue parameter is too old"})");
  }

  std::vector<std::string> seen_;
};

TEST_F(ListTest, PagesAreAskedForOneAfterTheOther) {
  http_->add(200, page({"a", "b"}, "c1"));
  http_->add(200, page({"c"}, "c/2+="));
  http_->add(200, page({}, "", "9"));
  const auto version = client().list(kPods, {"default", "app in (x)", "spec.nodeName=n", {}}, collect());
  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_EQ(*version, "9");
  EXPECT_THAT(seen_, ElementsAre("v1 Pod a", "v1 Pod b", "v1 Pod c"));
  const std::string base =
      "GET /api/v1/namespaces/default/pods?labelSelector=app%20in%20%28x%29&"
      "fieldSelector=spec.nodeName%3Dn&limit=500";
  EXPECT_THAT(http_->targets(), ElementsAre(base, base + "&continue=c1", base + "&continue=c%2F2%2B%3D"));
}

TEST_F(ListTest, ExpiredPagesStartAFullListOnce) {
  http_->add(200, page({"a", "gone"}, "c1"));
  add_expired();
  http_->add(200, page({"a", "b"}, "", "20"));
  ListOptions options;
  options.on_restart = [this] { seen_.clear(); };
  const auto version = client().list(kDeployments, options, collect());
  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_EQ(*version, "20");
  EXPECT_THAT(seen_, ElementsAre("apps/v1 Deployment a", "apps/v1 Deployment b"));
  EXPECT_THAT(http_->targets(),
              ElementsAre("GET /apis/apps/v1/deployments?limit=500",
                          "GET /apis/apps/v1/deployments?limit=500&continue=c1", "GET /apis/apps/v1/deployments"));
}

TEST_F(ListTest, WhoCannotStartAnewIsToldThatTheListExpired) {
  http_->add(200, page({"a"}, "c1"));
  add_expired();
  const auto version = client().list(kPods, {}, collect());
  ASSERT_FALSE(version.ok());
  EXPECT_TRUE(version.error().expired());
}

TEST_F(ListTest, AnExpiredFirstPageOrASecondExpiryIsAnError) {
  ListOptions options;
  int restarts = 0;
  options.on_restart = [&] { ++restarts; };
  add_expired();
  EXPECT_TRUE(client().list(kPods, options, collect()).error().expired());
  EXPECT_EQ(restarts, 0);
  http_->add(200, page({"a"}, "c1"));
  add_expired();
  add_expired();
  EXPECT_TRUE(client().list(kPods, options, collect()).error().expired());
  EXPECT_EQ(restarts, 1);
}

TEST_F(ListTest, PagesThatAreTooLargeAreAskedForInSmallerPieces) {
  http_->add(HttpFailureKind::kTooLarge, "too large");
  http_->add(HttpFailureKind::kTooLarge, "too large");
  http_->add(200, page({"a"}, "c1"));
  http_->add(200, page({"b"}, ""));
  ASSERT_TRUE(client().list(kPods, {}, collect()).ok());
  EXPECT_THAT(http_->targets(), ElementsAre("GET /api/v1/pods?limit=500", "GET /api/v1/pods?limit=62",
                                            "GET /api/v1/pods?limit=7", "GET /api/v1/pods?limit=7&continue=c1"));
  EXPECT_EQ(seen_.size(), 2U);
}

TEST_F(ListTest, AnObjectThatIsTooLargeEndsTheList) {
  for (int i = 0; i < 10; ++i) {
    http_->add(HttpFailureKind::kTooLarge, "too large");
  }
  const auto version = client().list(kPods, {}, collect());
  ASSERT_FALSE(version.ok());
  EXPECT_EQ(version.error().reason, "ResponseTooLarge");
  EXPECT_EQ(http_->targets().back(), "GET /api/v1/pods?limit=1");
}

TEST_F(ListTest, ItemsThatAreNoObjectsEndTheList) {
  http_->add(200, R"({"items":[1]})");
  EXPECT_THAT(client().list(kPods, {}, collect()).error().message, HasSubstr("the list holds what is no object"));
}

TEST_F(ListTest, AStopEndsTheListBetweenItsPages) {
  std::stop_source stop;
  http_->add(200, page({"a"}, "c1"));
  http_->add(200, page({"b"}, ""));
  const auto version = client().list(
      kPods, {}, [&](Json&& /*item*/) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(version.ok());
  EXPECT_EQ(version.error().message, "GET /api/v1/pods (context test): stopped");
}

class WatchTest : public RestClientTest {
 protected:
  ApiResult<std::monostate> watch(std::vector<std::string> chunks, RestOptions options = {}) {
    http_->add_stream(std::move(chunks));
    return watch_scripted(options);
  }
  ApiResult<std::monostate> watch_scripted(RestOptions options = {}) {
    WatchOptions watched;
    watched.resource_version = "5";
    watched.on_open = [this] { ++opened_; };
    return client({"t1"}, options)
        .watch(
            kPods, watched,
            [this](EventType type, Json&& object) {
              seen_.push_back(std::to_string(static_cast<int>(type)) + object.at("n").dump());
              if (seen_.size() == stop_after_) {
                stop_.request_stop();
              }
            },
            stop_.get_token());
  }

  std::vector<std::string> seen_;
  int opened_ = 0;
  std::stop_source stop_;
  std::size_t stop_after_ = 0;
};

TEST_F(WatchTest, EventsAreCutFromTheStreamWhereverItsChunksEnd) {
  const std::string text =
      "{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n{\"type\":\"MODIFIED\",\"object\":{\"n\":2}}\r\n"
      "\n{\"type\":\"DELETED\",\"object\":{\"n\":\"\\u00e9\xc3\xa9\"}}\n{\"type\":\"BOOKMARK\",\"object\":{\"n\":4}}\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}, text.size()}) {
    std::vector<std::string> chunks;
    for (std::size_t at = 0; at < text.size(); at += size) {
      chunks.push_back(text.substr(at, size));
    }
    seen_.clear();
    const auto ended = watch(chunks);
    EXPECT_TRUE(ended.ok()) << ended.error().message;
    EXPECT_THAT(seen_, ElementsAre("01", "12", "2\"\xc3\xa9\xc3\xa9\"", "34")) << size;
  }
}

TEST_F(WatchTest, AsksForBookmarksFromTheVersionOnAndForAnEnd) {
  EXPECT_TRUE(watch({}).ok());
  EXPECT_THAT(http_->targets(),
              ElementsAre(MatchesRegex("GET /api/v1/pods\\?watch=true&allowWatchBookmarks=true&timeoutSeconds="
                                       "(29|30|31)[0-9]&resourceVersion=5")));
  EXPECT_GE(http_->requests[0].body_within, std::chrono::seconds{320});
}

TEST_F(WatchTest, ErrorEventsAreErrorsAndTooOldVersionsAreExpired) {
  const auto ended =
      watch({"{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\","
             "\"code\":410,\"reason\":\"Expired\",\"message\":\"too old resource version: 1 (5)\"}}\n"});
  ASSERT_FALSE(ended.ok());
  EXPECT_TRUE(ended.error().expired());
  EXPECT_EQ(ended.error().message, "GET /api/v1/pods (context test): 410 Expired: too old resource version: 1 (5)");
  EXPECT_THAT(seen_, ElementsAre("01"));
}

TEST_F(WatchTest, RefusalsAreErrors) {
  http_->add(410, R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})");
  EXPECT_TRUE(watch_scripted().error().expired());
}

TEST_F(WatchTest, GarbageEndsTheWatch) {
  for (const auto& [line, message] : std::vector<std::pair<std::string, std::string>>{
           {"<html>", "the watch sent what is no event"},
           {"{\"type\":\"ADDED\"}", "the watch sent an event without an object"},
           {"{\"type\":\"ADDED\",\"object\":[]}", "the watch sent an event without an object"},
           {"{\"type\":\"EVIL\\u001b\",\"object\":{}}", "the watch sent an event of the unknown type \"EVIL \""},
           {"{\"object\":{}}", "the watch sent an event of the unknown type \"\""},
           {std::string(100'000, '['), "the watch sent what is no event"}}) {
    const auto ended = watch({line + "\n{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n"});
    ASSERT_FALSE(ended.ok()) << line.substr(0, 50);
    EXPECT_THAT(ended.error().message, HasSubstr(message));
  }
  EXPECT_THAT(seen_, IsEmpty());
}

TEST_F(WatchTest, EventsOverTheLimitEndTheWatchBeforeTheyAreWhole) {
  RestOptions options;
  options.max_event_bytes = 50;
  const std::string fits = "{\"type\":\"ADDED\",\"object\":{\"n\":1,\"x\":\"aaaaaaaaaa\"}}";
  EXPECT_TRUE(watch({fits.substr(0, 20), fits.substr(20) + "\n" + fits + "\n"}, options).ok());
  EXPECT_EQ(seen_.size(), 2U);
  for (const auto& chunks : {std::vector<std::string>{fits + "   "}, {fits, "   ", "never"}, {std::string(51, ' ')}}) {
    const auto ended = watch(chunks, options);
    ASSERT_FALSE(ended.ok());
    EXPECT_THAT(ended.error().message, HasSubstr("the watch sent an event of more than 50 bytes"));
  }
}

TEST_F(WatchTest, AStreamThatEndsInTheMiddleIsAnError) {
  const auto ended = watch({"{\"type\":\"ADDED\",\"obj"});
  ASSERT_FALSE(ended.ok());
  EXPECT_THAT(ended.error().message, HasSubstr("the watch ended in the middle of an event"));
}

TEST_F(WatchTest, ABrokenConnectionIsAnErrorAfterItsEvents) {
  http_->add(HttpFailureKind::kBroken, "10.0.0.1:6443 ended the connection in the middle of its answer");
  http_->answers.back().chunks = {"{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n{\"ty"};
  const auto ended = watch_scripted();
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().status, 0);
  EXPECT_THAT(seen_, ElementsAre("01"));
}

TEST_F(WatchTest, ASilentWatchIsAFailureOnlyWhereABookmarkIsMissing) {
  const std::string missing =
      "GET /api/v1/pods (context test): the watch was silent for 90 s, but a bookmark comes every minute: the API "
      "server "
      "hangs, or what lies in between swallows its bytes";
  for (const auto& [chunk, error] : std::vector<std::pair<std::string, std::string>>{
           {"\n", ""},
           {"{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n", ""},
           {"{\"type\":\"BOOKMARK\",\"object\":{\"n\":1}}\n", missing},
           {"{\"type\":\"BOOKMARK\",\"object\":{\"n\":1}}\n{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n", missing},
           {"{\"type\":\"ADD", "GET /api/v1/pods (context test): the watch ended in the middle of an event"}}) {
    http_->add(HttpFailureKind::kSilent, "10.0.0.1:6443 sent nothing for 90 s");
    http_->answers.back().chunks = {chunk};
    const auto ended = watch_scripted();
    EXPECT_EQ(ended.ok() ? "" : ended.error().message, error) << chunk;
    EXPECT_EQ(!ended.ok() && ended.error().reason == kWatchSilent, error == missing) << chunk;
  }
  EXPECT_EQ(http_->requests[0].silence_within, std::chrono::seconds{90});
}

TEST_F(WatchTest, SaysWhenItIsAccepted) {
  http_->add(410, R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})");
  EXPECT_TRUE(watch_scripted().error().expired());
  EXPECT_EQ(opened_, 0);
  EXPECT_TRUE(watch({}).ok());
  EXPECT_EQ(opened_, 1);
}

TEST_F(WatchTest, AStopEndsTheWatchWithoutAnError) {
  stop_after_ = 1;
  EXPECT_TRUE(
      watch({"{\"type\":\"ADDED\",\"object\":{\"n\":1}}\n", "{\"type\":\"ADDED\",\"object\":{\"n\":2}}\n"}).ok());
  EXPECT_THAT(seen_, ElementsAre("01"));
}

}  // namespace
}  // namespace warmgate::cluster::test
