#include "warmgate/kube/field_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/objects.h"

namespace warmgate::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> pointers(const FieldPath& path, const document::Json& root, const FieldPlace& within = {}) {
  std::vector<std::string> out;
  for (const FieldPlace& place : path.places(View(root), within)) {
    out.push_back(place.view.pointer() + (place.view ? "" : " absent"));
  }
  return out;
}

FieldPath path(const std::string& text) { return FieldPath::parse(text).value(); }

TEST(FieldPaths, MembersListsMappingsAndNamesWithDots) {
  const document::Json root = json(R"({"spec": {
    "template": {}, "groups": [{"template": 1}, {"other": 2}], "services": {"a": {"x": 1}, "b/c": {"x": 2}},
    "notes": {"example.com/max": "3"}}})");
  EXPECT_THAT(pointers(path("spec.template"), root), ElementsAre("/spec/template"));
  EXPECT_THAT(pointers(path("spec.groups[].template"), root),
              ElementsAre("/spec/groups/0/template", "/spec/groups/1/template absent"));
  EXPECT_THAT(pointers(path("spec.services.*.x"), root), ElementsAre("/spec/services/a/x", "/spec/services/b~1c/x"));
  EXPECT_THAT(pointers(path(R"(spec.notes["example.com/max"])"), root), ElementsAre("/spec/notes/example.com~1max"));
  EXPECT_THAT(pointers(path("spec.services.b*.x"), root), ElementsAre("/spec/services/b~1c/x"));
  EXPECT_THAT(pointers(path("spec.template[].x"), root), IsEmpty()) << "no list";
  EXPECT_THAT(pointers(path("spec.groups.*.x"), root), IsEmpty()) << "no mapping";
  EXPECT_THAT(pointers(path("nothing.here"), root), ElementsAre("/nothing/here absent"));
  EXPECT_THAT(pointers(FieldPath(), root), IsEmpty());
}

TEST(FieldPaths, WithinAPlaceTheCommonWildcardsStandForTheSame) {
  const document::Json root =
      json(R"({"groups": [{"t": 1, "n": 3, "m": [1, 2]}, {"t": 2, "n": 4, "m": [5]}], "others": [7, 8]})");
  const std::vector<FieldPlace> places = path("groups[].t").places(View(root), {});
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(path("groups[].n").find(View(root), places[1]).integer(), 4);
  EXPECT_THAT(pointers(path("groups[].m[]"), root, places[0]), ElementsAre("/groups/0/m/0", "/groups/0/m/1"));
  EXPECT_THAT(pointers(path("others[]"), root, places[1]), ElementsAre("/others/0", "/others/1"));
}

TEST(FieldPaths, MistakesAreNamed) {
  for (const char* text : {"", ".spec", "spec.", "spec..a", "spec[0]", "spec[", R"(spec[""])", R"(spec["a)", "sp ec",
                           "/spec/a", "spec[]a"}) {
    const base::Result<FieldPath> parsed = FieldPath::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, ::testing::StartsWith("\"" + std::string(text) + "\" is no path of a field: "));
  }
}

}  // namespace
}  // namespace warmgate::kube
