// YamlConverter: one composed YAML document as JSON with places, the way sigs.k8s.io/yaml converts it: aliases and
// merge keys expanded, keys made strings, the last duplicate key kept. For one thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "yaml_tree.h"

namespace warmgate::document {

// What the documents of one text have in common.
struct YamlText {
  const SourceText& source;
  const Limits& limits;
  std::vector<Problem>& problems;
  std::size_t alias_nodes = 0;     // made so far by expanding aliases
  std::size_t duplicate_keys = 0;  // found so far
};

class YamlConverter {
 public:
  YamlConverter(YamlText& text, YamlTree& tree, SpanTree& places);

  // The document, or its first problem. `root` becomes its place.
  std::optional<Json> convert(std::uint32_t& root);
  // Where an unrendered Helm action stands in a string, or npos.
  [[nodiscard]] std::size_t helm_action() const { return helm_action_; }
  [[nodiscard]] bool has_collection_key() const { return collection_key_; }
  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }

 private:
  struct Member {
    std::uint32_t place = SpanTree::kNone;
    std::size_t begin = 0;
    bool merged = false;
  };
  // A mapping while its members are read. Without a place inside an alias: the anchor's places serve there.
  struct Mapping {
    Json object;
    std::uint32_t place = SpanTree::kNone;
    std::uint32_t last = SpanTree::kNone;
    std::unordered_map<std::string, Member> seen;
  };

  Json value(std::uint32_t node, std::uint32_t place, std::size_t depth);
  Json scalar(const YamlNode& node);
  Json alias(const YamlNode& node, std::uint32_t place, std::size_t depth);
  Json sequence(const YamlNode& node, std::uint32_t place, std::size_t depth);
  Json mapping(const YamlNode& node, std::uint32_t place, std::size_t depth);
  void member(Mapping& into, std::uint32_t key, std::uint32_t value, std::size_t depth);
  void merge(Mapping& into, std::uint32_t value, std::size_t depth);
  void merge_members(Mapping& into, Json from, std::uint32_t from_place);
  std::optional<std::string> name_of(std::uint32_t key);
  void note_duplicate(const std::string& name, const Span& key, const Member& first);
  std::uint32_t add_place(std::uint32_t parent, std::uint32_t& last, SpanTree::Node node);
  [[nodiscard]] bool is_mapping(std::uint32_t node) const;
  Json fail(Problem problem);

  YamlText& text_;
  YamlTree& tree_;
  SpanTree& places_;
  std::size_t alias_depth_ = 0;
  Span alias_span_;  // of the outermost alias being expanded
  std::size_t helm_action_ = std::string_view::npos;
  bool collection_key_ = false;
  std::optional<Problem> problem_;
};

}  // namespace warmgate::document
