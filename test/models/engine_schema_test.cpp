// policies/engine.schema.json and the reader of engine files say the same: the built-in files are valid under both, and
// what one does not know the other does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "support/paths.h"
#include "warmgate/document/read.h"
#include "warmgate/models/engine.h"

#if __has_include(<valijson/validator.hpp>)
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#define WARMGATE_HAS_VALIJSON 1
#else
#define WARMGATE_HAS_VALIJSON 0
#endif

namespace warmgate::testing {
namespace {

using Json = nlohmann::json;

std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Json schema() { return Json::parse(read_text(source_dir() + "/policies/engine.schema.json")); }

document::Document read(const std::string& name, const std::string& text) {
  return document::read_single(std::make_shared<document::SourceText>(name, text), {}).value();
}

// What the reader says of an engine file; "" when it takes it.
std::string problem_of(const std::string& text) {
  models::EngineTable table = models::EngineTable::built_in().value();
  const base::Status status = table.add(read("engine.yaml", text));
  return status ? "" : status.error().message;
}

TEST(EngineSchema, HoldsForTheBuiltInFiles) {
#if WARMGATE_HAS_VALIJSON
  const Json json = schema();
  valijson::Schema compiled;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(json), compiled);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() + "/policies/engines")) {
    const Json engine = Json::parse(read(entry.path().string(), read_text(entry.path())).value().dump());
    valijson::ValidationResults results;
    valijson::Validator validator;
    const bool valid = validator.validate(compiled, valijson::adapters::NlohmannJsonAdapter(engine), &results);
    valijson::ValidationResults::Error error;
    std::string all;
    while (results.popError(error)) {
      for (const std::string& part : error.context) {
        all += part;
      }
      all += ": " + error.description + "\n";
    }
    EXPECT_TRUE(valid) << entry.path() << "\n" << all;
    ++files;
  }
  EXPECT_GE(files, 27U);
#else
  GTEST_SKIP() << "libvalijson-dev is not installed (scripts/setup --test)";
#endif
}

// An engine file in which every object of the schema stands once.
Json example() {
  return Json::parse(R"({"apiVersion": "warmgate.dev/v1alpha1", "kind": "Engine", "metadata": {"name": "e"},
    "spec": {"verb": "serve", "entrypoints": [{"argv": ["x"]}], "imageEnvironment": [{"env": {}}],
    "launchers": [{"argv": ["x"], "model": "flag", "environment": {}, "retired": {"package": "p", "since": "1"}}],
    "defaultModel": [{"model": "a/b"}], "parser": {"config": {}},
    "models": [{"role": "weights", "revision": {}, "json": {"model": "m"}, "list": {}}],
    "names": {"otherHubs": [{"env": "E", "values": [], "store": "s"}]}, "cache": {"variables": [{"name": "N"}]},
    "ignored": [{"what": "revision", "reason": "r"}], "offline": {}, "writes": [{"what": "w"}]}})");
}

// The schema that `node` refers to.
const Json& resolve(const Json& root, const Json& node) {
  if (!node.contains("$ref")) {
    return node;
  }
  return root.at(Json::json_pointer(node["$ref"].get<std::string>().substr(1)));
}

// Calls `visit` with each object of `value` that the schema closes, and the schema's members for it.
template <class Visit>
void for_each_closed(const Json& root, const Json& node, const Json& value, const std::string& at, Visit visit) {
  const Json& own = resolve(root, node);
  if (value.is_array()) {
    const Json& items = own.contains("oneOf") ? own["oneOf"].back()["items"] : own["items"];
    for_each_closed(root, items, value[0], at + "/0", visit);
  } else if (value.is_object() && own.contains("properties")) {
    if (own.value("additionalProperties", Json(true)) == Json(false)) {
      visit(at, own["properties"]);
    }
    for (const auto& [name, member] : value.items()) {
      if (own["properties"].contains(name) && member.is_structured() && !member.empty()) {
        std::string below = at;
        below.append("/").append(name);
        for_each_closed(root, own["properties"][name], member, below, visit);
      }
    }
  }
}

TEST(EngineSchema, NamesMembersThatTheReaderKnows) {
  const Json root = schema();
  ASSERT_EQ(problem_of(example().dump()), "");
  std::size_t members = 0;
  for_each_closed(root, root, example(), "", [&](const std::string& at, const Json& properties) {
    for (const auto& [name, property] : properties.items()) {
      Json engine = example();
      engine[Json::json_pointer(at)][name] = nullptr;
      EXPECT_THAT(problem_of(engine.dump()), ::testing::Not(::testing::HasSubstr("no such field")))
          << at << "/" << name;
      ++members;
    }
  });
  EXPECT_GT(members, 60U);
}

TEST(EngineSchema, ClosesWhatTheReaderCloses) {
  const Json root = schema();
  std::size_t objects = 0;
  for_each_closed(root, root, example(), "", [&](const std::string& at, const Json& /*properties*/) {
    Json engine = example();
    engine[Json::json_pointer(at)]["nobody"] = 1;
    EXPECT_THAT(problem_of(engine.dump()), ::testing::HasSubstr(at + "/nobody: an engine file has no such field"));
    ++objects;
  });
  EXPECT_GE(objects, 12U);
}

struct Mistake {
  std::string name;
  std::string spec;
  std::string problem;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

const std::vector<Mistake> kMistakes = {
    {"NoSuchField", "  verb: serve\n  launcher: []\n",
     "engine.yaml:6:13: /spec/launcher: an engine file has no such field here; did you mean launchers?"},
    {"FieldOfAnotherPlace", "  verb: serve\n  launchers:\n    - argv: [x]\n      model: flag\n      flagOf: vllm\n",
     "engine.yaml:9:15: /spec/launchers/0/flagOf: an engine file has no such field here; did you mean flagsOf?"},
    {"NoSuchEngine", "  verb: serve\n  launchers:\n    - argv: [x]\n      model: flag\n      flagsOf: vlm\n",
     "engine.yaml:9:16: /spec/launchers/0/flagsOf: names no engine; did you mean vllm?"},
    {"NoSuchWord", "  verb: serve\n  launchers:\n    - argv: [x]\n      model: flags\n",
     "engine.yaml:8:14: /spec/launchers/0/model: must be positional, positionals, pairs, flag, elsewhere or none; did "
     "you mean flag?"},
    {"NoVerb", "  launchers: []\n", "engine.yaml:5:3: /spec/verb: must be serve or download"},
    {"TextForAList", "  verb: serve\n  images: vllm/vllm-openai\n",
     "engine.yaml:6:11: /spec/images: must be a list of strings"},
    {"NumberForAText", "  verb: serve\n  needsRefs: 1\n", "engine.yaml:6:14: /spec/needsRefs: must be a string"},
    {"TextForABoolean", "  verb: serve\n  parser: {equals: \"yes\"}\n",
     "engine.yaml:6:20: /spec/parser/equals: must be true or false"},
    {"NumberForAVersion", "  verb: serve\n  defaultModel: [{before: 0.11, model: a/b}]\n",
     "engine.yaml:6:27: /spec/defaultModel/0/before: must be a version in quotes, such as \"0.11.0\""},
    {"NoProgram", "  verb: serve\n  launchers: [{argv: [], model: flag}]\n",
     "engine.yaml:6:22: /spec/launchers/0/argv: must name a program"},
    {"NoReason", "  verb: serve\n  ignored: [{what: revision, flags: [--rev]}]\n",
     "engine.yaml:6:13: /spec/ignored/0/reason: must be a string that is not empty"},
};

class EngineMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(EngineMistake, IsSaidWithItsPlace) {
  EXPECT_EQ(
      problem_of("apiVersion: warmgate.dev/v1alpha1\nkind: Engine\nmetadata: {name: e}\nspec:\n" + GetParam().spec),
      GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(EngineFiles, EngineMistake, ::testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

TEST(EngineFiles, AddedLaterTakeTheFlagsOfABuiltInEngine) {
  models::EngineTable table = models::EngineTable::built_in().value();
  ASSERT_TRUE(table.add(read("e.yaml", R"({"kind": "Engine", "metadata": {"name": "e"}, "spec": {"verb": "serve",
    "launchers": [{"argv": ["x"], "model": "flag", "flagsOf": "vllm"}],
    "models": [{"role": "weights", "flags": ["--weights"]}]}})")));
  const models::CommandSyntax& syntax = *table.find("e")->launchers.at(0).syntax;
  const auto weights = std::count_if(syntax.models.begin(), syntax.models.end(), [](const models::ModelSource& source) {
    return source.role == models::Role::kWeights;
  });
  EXPECT_EQ(weights, 1) << "a role of its own replaces vLLM's";
  EXPECT_EQ(syntax.models.front().flags, (std::vector<std::string>{"--weights"}));
  EXPECT_TRUE(syntax.parser.dotted.value());
}

}  // namespace
}  // namespace warmgate::testing
