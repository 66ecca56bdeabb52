#include "warmgate/document/members.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace warmgate::testing {
namespace {

using document::Json;

const Json kObject = {{"name", "a"}, {"size", 3}, {"gone", nullptr}};

TEST(Members, WhatIsNotThereIsNull) {
  EXPECT_EQ(document::member(kObject, "name"), "a");
  EXPECT_EQ(document::member(kObject, "other"), nullptr);
  EXPECT_EQ(document::member(Json::array({1}), "name"), nullptr);
  EXPECT_EQ(document::member("text", "name"), nullptr);
}

TEST(Members, ACopyHasThoseThatWereAskedForAndAreThere) {
  EXPECT_EQ(document::picked(kObject, {"name", "gone", "other"}), Json({{"name", "a"}}));
  EXPECT_EQ(document::picked("text", {"name"}), Json::object());
}

TEST(Members, WhatIsNotKnownIsNotWritten) {
  Json out = Json::object();
  document::put(out, "empty", std::string());
  document::put(out, "number", std::optional<std::int64_t>());
  document::put(out, "flag", std::optional<bool>());
  EXPECT_EQ(out, Json::object());
  document::put(out, "text", std::string("a"));
  document::put(out, "number", std::optional<std::int64_t>(0));
  document::put(out, "flag", std::optional<bool>(false));
  EXPECT_EQ(out, Json({{"text", "a"}, {"number", 0}, {"flag", false}}));
}

}  // namespace
}  // namespace warmgate::testing
