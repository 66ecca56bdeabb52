#include "warmgate/document/pointer.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace warmgate::document {
namespace {

using ::testing::ElementsAre;

TEST(Pointer, EscapesTildeAndSlashOnly) {
  EXPECT_EQ(escape_token("a/b~c d\"é"), "a~1b~0c d\"é");
  EXPECT_EQ(child_pointer("/metadata/annotations", "example.com/x"), "/metadata/annotations/example.com~1x");
  EXPECT_EQ(child_pointer("", ""), "/");
  EXPECT_EQ(child_pointer("/spec/containers", std::size_t{12}), "/spec/containers/12");
}

TEST(Pointer, ParseUndoesEscaping) {
  EXPECT_THAT(*parse_pointer("/a~1b/~01//0"), ElementsAre("a/b", "~1", "", "0"));
  EXPECT_THAT(*parse_pointer(""), ElementsAre());
}

TEST(Pointer, ParseRefusesWhatRfc6901Refuses) {
  for (const char* bad : {"a", "a/b", "/~", "/a~2", "/a/~/b"}) {
    EXPECT_FALSE(parse_pointer(bad)) << bad;
  }
}

TEST(Pointer, ResolveFindsMembersAndItems) {
  const Json root = Json::parse(R"({"a": [1, {"b/c": 2}], "": 3, "01": 4})");
  const auto found = [&](const char* pointer) {
    const Json* value = resolve(root, pointer);
    return value == nullptr ? std::string("nothing") : value->dump();
  };
  EXPECT_EQ(found(""), root.dump());
  EXPECT_EQ(found("/a/1/b~1c"), "2");
  EXPECT_EQ(found("/"), "3");
  EXPECT_EQ(found("/01"), "4");
  for (const char* nowhere :
       {"/a/2", "/a/01", "/a/-", "/a/-1", "/a/ 1", "/a/1x", "/a/0/x", "/b", "a", "/a/99999999999999999999"}) {
    EXPECT_EQ(found(nowhere), "nothing") << nowhere;
  }
}

}  // namespace
}  // namespace warmgate::document
