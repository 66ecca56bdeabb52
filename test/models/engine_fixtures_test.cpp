// The documented command lines of each engine (test/models/engines/<engine>.yaml), read exactly: which model, which
// revision, pinned or not, and what the engine's file says about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "models/container_reading.h"
#include "support/paths.h"
#include "warmgate/document/read.h"

namespace warmgate::testing {
namespace {

using Json = document::Json;
using Lines = std::vector<std::string>;
using models::ModelUse;

constexpr std::string_view kSha = "9216db5781bf21249d130ec9da846c4624c16137";

struct Case {
  std::string engine;
  Json json;  // name, container, pod; uses, and of the first use: ignored, facts, cache, writes
  [[nodiscard]] std::string name() const { return json["name"].get<std::string>(); }
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.engine << " " << test.name(); }

std::string folder() { return source_dir() + "/test/models/engines"; }

std::string read_with_sha(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  std::string out = text.str();
  for (std::size_t at = out.find("<sha>"); at != std::string::npos; at = out.find("<sha>", at)) {
    out.replace(at, 5, kSha);
  }
  return out;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const auto source = std::make_shared<document::SourceText>(entry.path().string(), read_with_sha(entry.path()));
    const base::Result<document::Document> document = document::read_single(source, {});
    if (!document) {
      throw std::runtime_error(document.error().message);
    }
    for (const Json& json : document->value()) {
      cases.push_back({entry.path().stem().string(), json});
    }
  }
  return cases;
}

std::vector<ModelUse> uses_of_case(const Json& test, std::shared_ptr<document::Document>& keep) {
  Json container = test["container"];
  container["name"] = "c";
  Json spec = test.contains("pod") ? test["pod"] : Json::object();
  spec["containers"] = Json::array({container});
  const Json pod = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", "test"}}}, {"spec", spec}};
  const auto source = std::make_shared<document::SourceText>("test.yaml", pod.dump());
  keep = std::make_shared<document::Document>(document::read_single(source, {}).value());
  return models::read_workload(kube::Object(*keep), knowledge()).at(0).uses;
}

Lines lines_of(const Json& test, const char* member) {
  return test.contains(member) ? test[member].get<Lines>() : Lines();
}

Lines split_lines(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

// "revision --revision main", "model org/name", "config --config=/f.yaml"
Lines ignored_of(const ModelUse& use) {
  Lines out;
  for (const models::Ignored& ignored : use.ignored) {
    constexpr std::array<const char*, 3> kKinds = {"revision ", "model ", "config "};
    const bool whole = ignored.value.empty() || ignored.written.ends_with(ignored.value);
    out.push_back(kKinds[static_cast<std::size_t>(ignored.kind)] + ignored.written +
                  (whole ? "" : " " + ignored.value));
    EXPECT_FALSE(ignored.reason.empty());
    EXPECT_FALSE(ignored.location.pointer.empty());
  }
  return out;
}

Lines facts_of(const ModelUse& use) {
  Lines out;
  const auto add = [&](bool holds, const std::string& fact) {
    if (holds) {
      out.push_back(fact);
    }
  };
  add(use.offline, "offline");
  add(use.trusts_code, "trusts code");
  add(!use.needs_refs.empty(), "needs refs");
  add(!use.cannot_pin.empty(), "cannot pin");
  add(use.retired.has_value(), "retired");
  add(use.filter.has_value(), "filtered");
  add(use.by_default, "by default");
  add(!use.load_format.empty(), "load format " + use.load_format);
  add(!use.store.empty(), "store " + use.store);
  add(!use.revision_flag.empty(), "pin " + use.revision_flag);
  add(!use.revision_name.empty(), "pin " + use.revision_name);
  return out;
}

Lines writes_of(const ModelUse& use) {
  Lines out;
  for (const models::WrittenPlace& place : use.writes) {
    out.push_back(place.path + (!place.mount ? " disk" : place.mount->read_only ? " ro" : " rw"));
  }
  return out;
}

class EngineFixture : public ::testing::TestWithParam<Case> {};

TEST_P(EngineFixture, IsReadExactly) {
  const Json& test = GetParam().json;
  std::shared_ptr<document::Document> keep;
  const std::vector<ModelUse> uses = uses_of_case(test, keep);
  EXPECT_EQ(split_lines(summary(uses)), lines_of(test, "uses"));
  for (const ModelUse& use : uses) {
    EXPECT_EQ(use.engine, GetParam().engine);
  }
  const ModelUse first = uses.empty() ? ModelUse() : uses.front();
  EXPECT_EQ(ignored_of(first), lines_of(test, "ignored"));
  if (test.contains("facts")) {
    EXPECT_THAT(facts_of(first), ::testing::UnorderedElementsAreArray(lines_of(test, "facts")));
  }
  if (test.contains("writes")) {
    EXPECT_THAT(writes_of(first), ::testing::UnorderedElementsAreArray(lines_of(test, "writes")));
  }
  if (test.contains("cache")) {
    EXPECT_EQ(first.cache.path + " " + first.cache.backing(), test["cache"].get<std::string>());
  }
}

std::string test_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.engine + "_" + info.param.name();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineFixture, ::testing::ValuesIn(all_cases()), test_name);

TEST(EngineFixtures, HoldAPinnedAndAnUnpinnedModelOfEveryEngineThatLoadsFromTheHub) {
  std::map<std::string, std::set<bool>> pinned;
  for (const Case& test : all_cases()) {
    for (const std::string& line : lines_of(test.json, "uses")) {
      if (line.find(" local") == std::string::npos && line.find("@?") == std::string::npos) {
        pinned[test.engine].insert(line.ends_with(" pinned"));
      }
    }
    pinned[test.engine];
  }
  for (const models::Engine& engine : knowledge().engines.engines()) {
    ASSERT_TRUE(pinned.contains(engine.name)) << "test/models/engines/" << engine.name << ".yaml is not there";
    bool can_pin = false;
    for (const models::Launcher& launcher : engine.launchers) {
      const bool loads =
          launcher.model != models::Launcher::Model::kNone && launcher.model != models::Launcher::Model::kElsewhere;
      for (const models::ModelSource& source : launcher.syntax->models) {
        can_pin |= loads && source.role == models::Role::kWeights &&
                   (!source.revision_flags.empty() || !source.revision_env.empty()) &&
                   launcher.syntax->names.default_store.empty();
      }
    }
    if (can_pin) {
      EXPECT_EQ(pinned[engine.name], (std::set<bool>{false, true})) << engine.name;
    }
  }
}

}  // namespace
}  // namespace warmgate::testing
