// The reflector against an API that the test plays: what it asks for, what it keeps, what it says of itself.
#include "warmgate/cluster/reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cluster/fake_api.h"

namespace warmgate::testing {
namespace {

using cluster::Reflector;
using cluster::ReflectorOptions;
using cluster::ReflectorState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Lt;

const std::string kThings = "things";

Json thing(const std::string& name, int version, const std::string& value = "") {
  return {{"metadata", {{"name", name}, {"namespace", "llm"}, {"resourceVersion", std::to_string(version)}}},
          {"value", value},
          {"noise", "long"}};
}

std::optional<Json> without_noise(const Json& object) {
  if (object.value("value", "") == "unwanted") {
    return std::nullopt;
  }
  Json out = object;
  out.erase("noise");
  return out;
}

class ReflectorTest : public ::testing::Test {
 protected:
  void TearDown() override {
    api.close();
    reflector.reset();
  }

  void start(std::size_t max_objects = 100, bool may_be_absent = false) {
    ReflectorOptions options;
    options.resource = {"example.org", "v1", kThings, "Thing", true};
    options.trim = without_noise;
    options.may_be_absent = may_be_absent;
    options.max_objects = max_objects;
    options.on_change = [this](const ReflectorState& state) {
      const std::lock_guard lock(mutex);
      changes.push_back(state.failing_since ? "failing: " + state.error : state.absent ? "absent" : "working");
    };
    options.on_object = [this](const kube::Object* before, const kube::Object* after) {
      const std::lock_guard lock(mutex);
      const auto show = [&](const kube::Object& object) { objects.append(object.root()["value"].text()); };
      objects.append(before == nullptr ? "+" : after == nullptr ? "-" : "");
      objects.append((before == nullptr ? after : before)->key().name).append("=");
      show(before == nullptr ? *after : *before);
      if (before != nullptr && after != nullptr) {
        objects.append(">");
        show(*after);
      }
      objects.append(" ");
    };
    reflector = std::make_unique<Reflector>(api, clock, std::move(options));
  }

  // Listed with `items` at version 10, the watch open.
  void start_watching(std::vector<Json> items) {
    start();
    EXPECT_EQ(api.next_call(kThings), "list");
    api.answer_list(kThings, std::move(items), "10");
    EXPECT_EQ(api.next_call(kThings), "watch 10");
  }

  // "a=1" for each object.
  [[nodiscard]] std::vector<std::string> kept() const {
    std::vector<std::string> out;
    for (const kube::Object& object : reflector->snapshot()->all()) {
      out.push_back(object.key().name + "=" + object.root()["value"].text());
    }
    return out;
  }

  std::vector<std::string> told_changes() {
    const std::lock_guard lock(mutex);
    return changes;
  }

  // What was told of objects since the last question: "+name=value", "name=before>after", "-name=value".
  std::string told() {
    const std::lock_guard lock(mutex);
    return std::exchange(objects, "");
  }

  FakeClock clock;
  FakeApi api;
  std::mutex mutex;
  std::vector<std::string> changes;
  std::string objects;
  std::unique_ptr<Reflector> reflector;
};

TEST_F(ReflectorTest, ListsThenWatchesFromTheVersionOfTheList) {
  start();
  EXPECT_EQ(api.next_call(kThings), "list");
  EXPECT_EQ(reflector->state().synced_at, std::nullopt);
  EXPECT_THAT(kept(), IsEmpty());
  clock.advance(seconds(5));
  api.answer_list(kThings, {thing("a", 3, "1"), thing("b", 4, "2")}, "10");
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  EXPECT_THAT(kept(), ElementsAre("a=1", "b=2"));
  const ReflectorState state = reflector->state();
  EXPECT_EQ(state.resource, kThings);
  EXPECT_EQ(state.synced_at, clock.now());
  EXPECT_EQ(state.contact_at, clock.now());
  EXPECT_EQ(state.failing_since, std::nullopt);
  EXPECT_EQ(state.objects, 2U);
}

TEST_F(ReflectorTest, GivesListItemsTheirTypeAndStoresThemTrimmed) {
  start_watching({thing("a", 3, "1"), thing("b", 4, "unwanted")});
  const std::vector<kube::Object> all = reflector->snapshot()->all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].is("example.org", "Thing"));
  EXPECT_EQ(all[0].document().value(),
            Json({{"apiVersion", "example.org/v1"},
                  {"kind", "Thing"},
                  {"metadata", {{"name", "a"}, {"namespace", "llm"}, {"resourceVersion", "3"}}},
                  {"value", "1"}}));
}

TEST_F(ReflectorTest, FollowsEventsWithoutTouchingSnapshotsThatWereTaken) {
  start_watching({thing("a", 3, "1"), thing("b", 4, "1")});
  const auto before = reflector->snapshot();
  api.send(kThings, EventType::kAdded, thing("c", 11, "1"));
  api.send(kThings, EventType::kModified, thing("a", 12, "2"));
  api.send(kThings, EventType::kDeleted, thing("b", 13, "1"));
  EXPECT_THAT(kept(), ElementsAre("a=2", "c=1"));
  EXPECT_EQ(before->size(), 2U);
  EXPECT_EQ(before->find("llm", "a")->root()["value"].text(), "1");
}

TEST_F(ReflectorTest, DropsAnObjectThatIsNoLongerWanted) {
  start_watching({thing("a", 3, "1")});
  api.send(kThings, EventType::kModified, thing("a", 11, "unwanted"));
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(ReflectorTest, GoesOnFromTheLastVersionThatAnEventOrABookmarkTold) {
  start_watching({});
  api.send(kThings, EventType::kAdded, thing("a", 17, "1"));
  api.end_watch(kThings);
  EXPECT_EQ(api.next_call(kThings), "watch 17");
  api.send(kThings, EventType::kBookmark, {{"kind", "Thing"}, {"metadata", {{"resourceVersion", "99"}}}});
  api.end_watch(kThings);
  EXPECT_EQ(api.next_call(kThings), "watch 99");
  EXPECT_THAT(kept(), ElementsAre("a=1"));
  EXPECT_THAT(told_changes(), ElementsAre("working"));
}

TEST_F(ReflectorTest, ListsAgainWhenTheVersionIsGoneAndMergesWithoutAGap) {
  start_watching({thing("a", 3, "1"), thing("b", 4, "1")});
  const document::Json* unchanged = &reflector->snapshot()->find("llm", "a")->document().value();
  api.break_watch(kThings, {410, "Expired", "too old resource version"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  EXPECT_THAT(kept(), ElementsAre("a=1", "b=1"));
  api.answer_list(kThings, {thing("a", 3, "1"), thing("c", 30, "1")}, "40");
  EXPECT_EQ(api.next_call(kThings), "watch 40");
  EXPECT_THAT(kept(), ElementsAre("a=1", "c=1"));
  EXPECT_EQ(&reflector->snapshot()->find("llm", "a")->document().value(), unchanged) << "kept, not read again";
  EXPECT_THAT(told_changes(), ElementsAre("working")) << "that a version expires is no failure";
}

TEST_F(ReflectorTest, AnErrorEventThatExpiredListsAgainWhateverItsStatus) {
  start_watching({});
  api.break_watch(kThings, {0, "Gone", "gone"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
}

TEST_F(ReflectorTest, WatchesAgainFromTheSameVersionAfterABrokenConnection) {
  for (const int status : {0, 429, 500, 503}) {
    start_watching({thing("a", 3, "1")});
    api.break_watch(kThings, {status, "", "cut off"});
    clock.wake();
    EXPECT_EQ(api.next_call(kThings), "watch 10") << status;
    EXPECT_THAT(kept(), ElementsAre("a=1"));
    reflector.reset();
  }
}

TEST_F(ReflectorTest, ListsAfterFiveWatchesThatBrokeBeforeTheyToldAnything) {
  start_watching({});
  for (int i = 0; i < 4; ++i) {
    api.break_watch(kThings, {0, "", "an event that cannot be read"});
    clock.wake();
    EXPECT_EQ(api.next_call(kThings), "watch 10");
  }
  api.break_watch(kThings, {0, "", "an event that cannot be read"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {}, "20");
  EXPECT_EQ(api.next_call(kThings), "watch 20");
}

TEST_F(ReflectorTest, ListsAgainAfterARefusal) {
  for (const int status : {400, 403}) {
    start_watching({});
    api.break_watch(kThings, {status, "", "refused"});
    clock.wake();
    EXPECT_EQ(api.next_call(kThings), "list") << status;
    api.answer_list(kThings, {}, "11");
    EXPECT_EQ(api.next_call(kThings), "watch 11");
    reflector.reset();
  }
}

TEST_F(ReflectorTest, SaysSinceWhenAndWhyItFails) {
  start_watching({});
  clock.advance(seconds(20));
  api.send(kThings, EventType::kBookmark, thing("", 11));
  const auto contact = clock.now();
  clock.advance(seconds(20));
  api.break_watch(kThings, {0, "", "connection refused"});
  const milliseconds pause = clock.await_sleeper();
  ReflectorState state = reflector->state();
  EXPECT_EQ(state.contact_at, contact + seconds(20)) << "the watch was open for over 30 s";
  EXPECT_EQ(state.failing_since, clock.now());
  EXPECT_EQ(state.error, "connection refused");
  const auto since = clock.now();
  clock.advance(pause);
  EXPECT_EQ(api.next_call(kThings), "watch 11");
  api.break_watch(kThings, {0, "", "connection refused"});
  clock.await_sleeper();
  state = reflector->state();
  EXPECT_EQ(state.failing_since, since);
  EXPECT_EQ(state.contact_at, since);
  EXPECT_THAT(told_changes(), ElementsAre("working", "failing: connection refused"));
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "watch 11");
  api.send(kThings, EventType::kBookmark, thing("", 12));
  state = reflector->state();
  EXPECT_EQ(state.failing_since, std::nullopt);
  EXPECT_EQ(state.error, "");
  EXPECT_EQ(state.contact_at, clock.now());
  EXPECT_THAT(told_changes(), ElementsAre("working", "failing: connection refused", "working"));
}

TEST_F(ReflectorTest, AWatchThatStaysOpenInSilenceIsContact) {
  start_watching({});
  const auto listed = clock.now();
  clock.advance(milliseconds(999));
  EXPECT_EQ(reflector->state().contact_at, listed) << "it may be cut at once";
  clock.advance(milliseconds(1));
  EXPECT_EQ(reflector->state().contact_at, clock.now());
  clock.advance(seconds(3600));
  EXPECT_EQ(reflector->state().contact_at, clock.now());
}

TEST_F(ReflectorTest, AWatchThatIsNotAcceptedIsNoContactHoweverLongItTakes) {
  api.refuse_watches();
  start_watching({});
  const auto listed = clock.now();
  clock.advance(seconds(3600));
  EXPECT_EQ(reflector->state().contact_at, listed);
}

TEST_F(ReflectorTest, AWatchThatWasAcceptedEndsTheFailure) {
  start_watching({});
  clock.advance(seconds(20));
  api.break_watch(kThings, {0, "", "cut"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  EXPECT_NE(reflector->state().failing_since, std::nullopt);
  clock.advance(seconds(1));
  EXPECT_EQ(reflector->state().failing_since, std::nullopt);
  EXPECT_EQ(reflector->state().contact_at, clock.now());
}

TEST_F(ReflectorTest, OfASilentWatchTheLastWordIsTheLastContact) {
  start_watching({});
  clock.advance(seconds(20));
  api.send(kThings, EventType::kBookmark, thing("", 11));
  const auto last_word = clock.now();
  clock.advance(seconds(90));
  EXPECT_EQ(reflector->state().contact_at, clock.now()) << "nobody can know yet";
  api.break_watch(kThings, {0, cluster::kWatchSilent, "silent for 90 s"});
  clock.await_sleeper();
  EXPECT_EQ(reflector->state().contact_at, last_word);
  EXPECT_EQ(reflector->state().failing_since, clock.now());
  EXPECT_THAT(told_changes(), ElementsAre("working", "failing: silent for 90 s"));
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "watch 11") << "goes on from the last word";
  EXPECT_EQ(reflector->state().contact_at, last_word);
  clock.advance(seconds(1));
  EXPECT_EQ(reflector->state().contact_at, clock.now());
}

TEST_F(ReflectorTest, PausesForLongerFromFailureToFailureAndForShortAgainOnceAWatchHasHeld) {
  start();
  std::vector<milliseconds> shortest = {milliseconds(800),  milliseconds(1600),  milliseconds(3200),
                                        milliseconds(6400), milliseconds(10000), milliseconds(10000)};
  for (const milliseconds least : shortest) {
    EXPECT_EQ(api.next_call(kThings), "list");
    api.fail_list(kThings, {0, "", "no route"});
    EXPECT_THAT(clock.await_sleeper(), AllOf(Ge(least), Lt(2 * least)));
    clock.wake();
  }
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {}, "1");
  EXPECT_EQ(api.next_call(kThings), "watch 1");
  clock.advance(seconds(9));
  api.break_watch(kThings, {0, "", "cut"});
  EXPECT_THAT(clock.await_sleeper(), AllOf(Ge(seconds(10)), Lt(seconds(20)))) << "a list that worked is not enough";
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "watch 1");
  clock.advance(seconds(10));
  api.break_watch(kThings, {0, "", "cut"});
  EXPECT_THAT(clock.await_sleeper(), AllOf(Ge(milliseconds(800)), Lt(milliseconds(1600))));
}

TEST_F(ReflectorTest, WaitsAsLongAsTheServerAsks) {
  start();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.fail_list(kThings, {429, "TooManyRequests", "slow down", seconds(17)});
  EXPECT_EQ(clock.await_sleeper(), seconds(17));
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceIsNotAskedForInALoop) {
  start_watching({});
  api.end_watch(kThings);
  EXPECT_GE(clock.await_sleeper(), milliseconds(800));
  EXPECT_EQ(reflector->state().error, "the API server ended the watch of things at once");
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  clock.advance(seconds(1));
  api.end_watch(kThings);
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  EXPECT_EQ(reflector->state().failing_since, std::nullopt);
}

TEST_F(ReflectorTest, AListThatBreaksInTheMiddleChangesNothing) {
  start_watching({thing("a", 3, "1")});
  api.break_watch(kThings, {410, "", ""});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.fail_list(kThings, {500, "", "the second page is missing"});
  clock.await_sleeper();
  EXPECT_THAT(kept(), ElementsAre("a=1"));
  EXPECT_EQ(reflector->state().error, "the second page is missing");
}

TEST_F(ReflectorTest, WhatExpiredPagesHeldIsForgotten) {
  start();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_restarted_list(kThings, {thing("gone", 1, "1"), thing("a", 2, "1")}, {thing("a", 3, "2")}, "10");
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  EXPECT_THAT(kept(), ElementsAre("a=2"));
}

TEST_F(ReflectorTest, TooManyObjectsInTheListAreAFailureThatIsSaid) {
  start(2);
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {thing("a", 1), thing("b", 2), thing("c", 3)}, "10");
  clock.await_sleeper();
  EXPECT_EQ(reflector->state().error,
            "the cluster has more than 2 things that matter to Warmgate, which is the most it keeps in memory");
  EXPECT_EQ(reflector->state().synced_at, std::nullopt);
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {thing("a", 1), thing("b", 2, "unwanted"), thing("c", 3)}, "11");
  EXPECT_EQ(api.next_call(kThings), "watch 11");
  EXPECT_EQ(reflector->state().objects, 2U);
}

TEST_F(ReflectorTest, TooManyObjectsByEventsEndTheWatchAndAreSaid) {
  start(1);
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {thing("a", 1)}, "10");
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  api.send(kThings, EventType::kAdded, thing("b", 11));
  clock.await_sleeper();
  EXPECT_EQ(reflector->state().objects, 1U);
  EXPECT_THAT(told_changes(), ElementsAre("working",
                                          "failing: the cluster has more than 1 things that matter to "
                                          "Warmgate, which is the most it keeps in memory"));
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
}

TEST_F(ReflectorTest, AKindThatIsNotInstalledHasNoObjectsAndIsAskedForAgain) {
  start(100, true);
  EXPECT_EQ(api.next_call(kThings), "list");
  api.fail_list(kThings, {404, "NotFound", "the server could not find the requested resource"});
  clock.await_sleeper();
  EXPECT_TRUE(reflector->state().absent);
  EXPECT_EQ(reflector->state().failing_since, std::nullopt);
  EXPECT_EQ(reflector->state().synced_at, clock.now());
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  EXPECT_EQ(reflector->state().contact_at, clock.now());
  api.answer_list(kThings, {thing("a", 3, "1")}, "10");
  EXPECT_EQ(api.next_call(kThings), "watch 10");
  EXPECT_FALSE(reflector->state().absent);
  EXPECT_THAT(kept(), ElementsAre("a=1"));
  EXPECT_THAT(told_changes(), ElementsAre("absent", "working"));
  // The kind is removed again: the API server ends the watch and knows it no more.
  api.break_watch(kThings, {404, "NotFound", "gone"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.fail_list(kThings, {404, "NotFound", "gone"});
  clock.await_sleeper();
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_TRUE(reflector->state().absent);
}

TEST_F(ReflectorTest, A404OfAKindThatMustBeThereIsAFailure) {
  start();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.fail_list(kThings, {404, "NotFound", "no such path"});
  clock.await_sleeper();
  EXPECT_EQ(reflector->state().error, "no such path");
  EXPECT_EQ(reflector->state().synced_at, std::nullopt);
}

TEST_F(ReflectorTest, SurvivesWhatIsNoObject) {
  start_watching({Json("text"), Json::array(), Json({{"metadata", 7}})});
  api.send(kThings, EventType::kModified, Json(7));
  api.send(kThings, EventType::kAdded, {{"metadata", {{"name", Json::array()}}}});
  api.send(kThings, EventType::kAdded, thing("a", 12, "1"));
  EXPECT_EQ(reflector->snapshot()->find("llm", "a")->root()["value"].text(), "1");
}

TEST_F(ReflectorTest, EndsAtOnceWhereverItIs) {
  start_watching({});
  reflector.reset();  // in the watch
  start();
  EXPECT_EQ(api.next_call(kThings), "list");
  reflector.reset();  // in the list
  EXPECT_THAT(told_changes(), ElementsAre("working")) << "that it is stopped is no failure";
  start();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.fail_list(kThings, {0, "", "no route"});
  clock.await_sleeper();
  reflector.reset();  // in the pause
}

TEST_F(ReflectorTest, EveryChangeOfAnObjectIsToldOnceAlsoWhatAListFinds) {
  start_watching({thing("a", 1, "x"), thing("b", 2, "y")});
  EXPECT_EQ(told(), "+a=x +b=y ");
  api.send(kThings, EventType::kModified, thing("a", 11, "z"));
  api.send(kThings, EventType::kModified, thing("b", 12, "unwanted"));
  api.send(kThings, EventType::kDeleted, thing("b", 13, "unwanted"));
  EXPECT_EQ(told(), "a=x>z -b=y ");
  api.break_watch(kThings, {410, "Expired", "too old"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {thing("c", 20, "w"), thing("d", 21, "v")}, "30");
  EXPECT_EQ(api.next_call(kThings), "watch 30");
  EXPECT_EQ(told(), "-a=z +c=w +d=v ");
  api.break_watch(kThings, {410, "Expired", "too old"});
  clock.wake();
  EXPECT_EQ(api.next_call(kThings), "list");
  api.answer_list(kThings, {thing("c", 20, "w"), thing("d", 31, "u")}, "40");
  EXPECT_EQ(api.next_call(kThings), "watch 40");
  EXPECT_EQ(told(), "d=v>u ");
}

}  // namespace
}  // namespace warmgate::testing
