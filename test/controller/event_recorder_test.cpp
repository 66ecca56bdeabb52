#include "warmgate/controller/event_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/fake_api.h"
#include "controller/fake_cluster.h"
#include "controller/runtime.h"
#include "warmgate/base/text.h"

namespace warmgate::testing {
namespace {

using controller::EventRecorder;
using controller::Note;
using std::chrono::minutes;

const cluster::Resource kEvents{"", "v1", "events", "Event", true};

Note note(const std::string& message, const std::string& occasion = "") {
  return {{"warmgate.dev", "ModelCache", "llm", "qwen"},
          "warmgate.dev/v1alpha1",
          "uid-1",
          Note::Type::kWarning,
          "OutOfSpace",
          message,
          occasion};
}

class EventRecorderTest : public ::testing::Test {
 protected:
  FakeClock clock;
  FakeCluster cluster;
  CountingTelemetry telemetry;
  std::vector<std::string> failures;
  EventRecorder events{cluster, clock, telemetry, "pod-1",
                       [this](const Note& /*note*/, const ApiError& error) { failures.push_back(error.message); }};
};

TEST_F(EventRecorderTest, AnEventSaysWhatTheNoteSays) {
  events.tell(note("The volume is full."));
  Json event = cluster.all(kEvents).at(0);
  const std::string name = event["metadata"]["name"];
  EXPECT_EQ(name.substr(0, 5), "qwen.");
  EXPECT_EQ(name.size(), 21U);
  event.erase("metadata");
  EXPECT_EQ(event, Json({{"apiVersion", "v1"},
                         {"kind", "Event"},
                         {"involvedObject",
                          {{"apiVersion", "warmgate.dev/v1alpha1"},
                           {"kind", "ModelCache"},
                           {"namespace", "llm"},
                           {"name", "qwen"},
                           {"uid", "uid-1"}}},
                         {"type", "Warning"},
                         {"reason", "OutOfSpace"},
                         {"message", "The volume is full."},
                         {"source", {{"component", "warmgate-controller"}}},
                         {"reportingComponent", "warmgate-controller"},
                         {"reportingInstance", "pod-1"},
                         {"firstTimestamp", "2026-11-26T10:46:40Z"},
                         {"lastTimestamp", "2026-11-26T10:46:40Z"},
                         {"count", 1}}));
}

TEST_F(EventRecorderTest, TheSameNoteIsOneEventWhoeverTellsItAndHoweverOften) {
  events.tell(note("full"));
  events.tell(note("full"));
  EventRecorder other(cluster, clock, telemetry, "pod-2", nullptr);
  other.tell(note("full"));
  EXPECT_EQ(cluster.all(kEvents).size(), 1U);
  EXPECT_EQ(telemetry["event known"], 1);
  EXPECT_EQ(telemetry["event told"], 2);
  events.tell(note("full", "the next Job"));
  EXPECT_EQ(cluster.all(kEvents).size(), 2U);
  EXPECT_TRUE(failures.empty());
}

TEST_F(EventRecorderTest, OneObjectCannotFloodTheCluster) {
  for (int i = 0; i < 40; ++i) {
    events.tell(note("full", std::to_string(i)));
  }
  EXPECT_EQ(cluster.all(kEvents).size(), 25U);
  EXPECT_EQ(telemetry["event limited"], 15);
  clock.advance(minutes(5));
  events.tell(note("full", "later"));
  events.tell(note("full", "too soon"));
  EXPECT_EQ(cluster.all(kEvents).size(), 26U);
}

TEST_F(EventRecorderTest, WhatCannotBeToldIsSaidAndTriedAgainTheNextTime) {
  cluster.fail_next("create", "events", {403, "Forbidden", "no events for you"});
  events.tell(note("full"));
  EXPECT_THAT(failures, ::testing::ElementsAre("no events for you"));
  events.tell(note("full"));
  EXPECT_EQ(cluster.all(kEvents).size(), 1U);
}

TEST_F(EventRecorderTest, MessagesAreBoundedAndValid) {
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) {
    umlauts.append("ü");
  }
  const Json event = controller::event_of(note("\xff" + umlauts), "x", {});
  const std::string message = event["message"];
  EXPECT_LE(message.size(), 1024U);
  EXPECT_GT(message.size(), 1018U);
  EXPECT_EQ(base::first_invalid_utf8(message), std::nullopt);
}

}  // namespace
}  // namespace warmgate::testing
