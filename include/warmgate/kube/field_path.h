// FieldPath: where a field stands in the objects of a kind, as data files write it: "spec.template",
// "spec.workerGroupSpecs[].template" (every item of a list), "spec.services.*.extraPodSpec" (every member of a
// mapping; "*_ID" those whose name fits), metadata.annotations["example.com/name"] (a name with dots). Immutable,
// thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/view.h"

namespace warmgate::document {
class FieldReader;
}  // namespace warmgate::document

namespace warmgate::kube {

struct FieldPlace;

class FieldPath {
 public:
  FieldPath() = default;  // leads nowhere
  static base::Result<FieldPath> parse(std::string_view text);

  [[nodiscard]] std::string text() const { return parsed_ ? parsed_->text : std::string(); }
  [[nodiscard]] bool empty() const { return parsed_ == nullptr; }

  // The values it leads to below `root`, in their order. Where the path begins as that of `within` does, its wildcards
  // stand for the same items: "spec.groups[].replicas" within a place of "spec.groups[].template" is one value.
  [[nodiscard]] std::vector<FieldPlace> places(const document::View& root, const FieldPlace& within) const;
  // The first of them; an empty View when there is none.
  [[nodiscard]] document::View find(const document::View& root, const FieldPlace& within) const;

 private:
  enum class Wildcard { kNone, kItems, kMembers };
  struct Step {
    Wildcard wildcard = Wildcard::kNone;
    std::string name;
    friend bool operator==(const Step&, const Step&) = default;
  };
  struct Parsed {
    std::string text;
    std::vector<Step> steps;
  };
  [[nodiscard]] bool has_step(std::size_t index, const Step& step) const;
  void advance(const Step& step, const std::string* key, std::vector<FieldPlace>& places) const;

  std::shared_ptr<const Parsed> parsed_;  // copies are cheap: each place has one
};

// The path that a data file has there, none where nothing is there; a mistake in it is the reader's.
FieldPath path_at(document::FieldReader& reader, const document::View& value);

// One of the places that a path leads to.
struct FieldPlace {
  FieldPath path;                 // empty: no place in particular
  std::vector<std::string> keys;  // which item or member each wildcard stands for
  document::View view;
};

}  // namespace warmgate::kube
