#include "warmgate/api/cache_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "warmgate/document/read.h"

namespace warmgate::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

document::Document section(const std::string& text) {
  return document::read_single(std::make_shared<const document::SourceText>("policy.yaml", text), {}).value();
}

std::vector<std::string> errors_of(const std::string& text) {
  std::vector<FieldError> errors;
  const document::Document document = section(text);
  check_cache_rules(document::View(document.value(), "/m"), errors);
  std::vector<std::string> out;
  out.reserve(errors.size());
  for (const FieldError& error : errors) {
    out.push_back(error.pointer + " | " + error.message + " | " + error.help);
  }
  return out;
}

constexpr const char* kEverything = R"(
gates: false
missing: create
create:
  storageClassName: standard-rwx
  size: 1Ti
  accessModes: [ReadWriteMany, ReadOnlyMany]
maxHold: 1h30m
afterHold: keep
images: ["registry.example.com/*", "python:*"]
endpoints: []
deleteUnusedAfter: 7d
)";

TEST(CacheRules, EveryFieldIsReadAndWritten) {
  EXPECT_THAT(errors_of(kEverything), IsEmpty());
  CacheRules rules;
  const document::Document all = section(kEverything);
  lay_over(rules, document::View(all.value()));
  EXPECT_FALSE(rules.gates);
  EXPECT_EQ(rules.missing, MissingCache::kCreate);
  EXPECT_EQ(rules.create.storage_class, "standard-rwx");
  EXPECT_EQ(rules.create.bytes, std::int64_t{1} << 40);
  EXPECT_THAT(rules.create.access_modes, ElementsAre("ReadWriteMany", "ReadOnlyMany"));
  EXPECT_EQ(rules.max_hold, std::chrono::minutes(90));
  EXPECT_EQ(rules.after_hold, AfterHold::kKeep);
  EXPECT_THAT(rules.images, ElementsAre("registry.example.com/*", "python:*"));
  EXPECT_THAT(rules.endpoints, IsEmpty());
  EXPECT_EQ(rules.delete_unused_after, std::chrono::hours(168));

  const std::string written = to_yaml(rules, "  ");
  EXPECT_EQ(written,
            "  gates: false\n  missing: create\n  create:\n    storageClassName: \"standard-rwx\"\n"
            "    size: \"1099511627776\"\n    accessModes: [\"ReadWriteMany\",\"ReadOnlyMany\"]\n"
            "  maxHold: 1h30m\n  afterHold: keep\n  images: [\"registry.example.com/*\",\"python:*\"]\n"
            "  endpoints: []\n  deleteUnusedAfter: 168h\n");
  CacheRules again;
  const document::Document read = section(written);
  lay_over(again, document::View(read.value()));
  EXPECT_EQ(to_yaml(again, "  "), written);
}

TEST(CacheRules, WhatASectionLeavesOpenStays) {
  CacheRules rules;
  const document::Document all = section(kEverything);
  lay_over(rules, document::View(all.value()));
  const document::Document some = section("{gates: true, create: {size: 10G}, deleteUnusedAfter: never}");
  const document::View said(some.value());
  lay_over(rules, said);
  EXPECT_TRUE(rules.gates);
  EXPECT_EQ(rules.missing, MissingCache::kCreate);
  EXPECT_EQ(rules.create.storage_class, "standard-rwx");
  EXPECT_EQ(rules.create.bytes, 10'000'000'000);
  EXPECT_EQ(rules.delete_unused_after, std::nullopt);
  EXPECT_EQ(to_yaml(rules, "", &said), "gates: true\ncreate:\n  size: \"10000000000\"\ndeleteUnusedAfter: never\n");
}

TEST(CacheRules, EachMistakeHasItsPlaceAndAHint) {
  struct Case {
    const char* text;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"{gate: true}", "/m/gate | a CachePolicy has no field /m/gate | did you mean gates?"},
      {"[]", "/m | /m must be a mapping | "},
      {"{create: {class: a}}",
       "/m/create/class | a CachePolicy has no field /m/create/class | "
       "known here: storageClassName, size, accessModes"},
      {"{gates: 'yes'}", "/m/gates | /m/gates must be true or false | "},
      {"{missing: block}", "/m/missing | /m/missing is no choice | use one of allow, warn, deny, create"},
      {"{afterHold: drop}", "/m/afterHold | /m/afterHold is no choice | use one of release, keep"},
      {"{maxHold: 0s}", "/m/maxHold | /m/maxHold must be a duration | for example 90m or 24h"},
      {"{maxHold: 24}", "/m/maxHold | /m/maxHold must be a duration | for example 90m or 24h"},
      {"{deleteUnusedAfter: soon}",
       "/m/deleteUnusedAfter | /m/deleteUnusedAfter must be a duration or never | for example 168h"},
      {"{images: 'a*'}",
       "/m/images | /m/images must list patterns of images | for example [\"registry.example.com/*\"]"},
      {"{endpoints: [1]}",
       "/m/endpoints | /m/endpoints must list patterns of URLs | for example [\"https://hf-mirror.example.com\"]"},
      {"{create: {size: much}}",
       "/m/create/size | /m/create/size must be an amount of bytes | "
       "for example 500Gi; leave it out for the model's size"},
      {"{create: {accessModes: [RWX]}}",
       "/m/create/accessModes | /m/create/accessModes must list access modes | for example [ReadWriteMany]"},
      {"{create: {storageClassName: 3}}",
       "/m/create/storageClassName | /m/create/storageClassName must be the name of a StorageClass | "
       "leave it out for the cluster's default"},
  };
  for (const Case& test : cases) {
    EXPECT_THAT(errors_of(test.text), ElementsAre(test.expected)) << test.text;
  }
}

}  // namespace
}  // namespace warmgate::api
