// YamlComposer: libyaml's events as a tree of nodes, one document at a time, aliases not yet expanded. An arena: nodes
// are linked by index. For one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "warmgate/document/read.h"
#include "yaml_events.h"

namespace warmgate::document {

struct YamlNode {
  enum class Kind { kScalar, kSequence, kMapping, kAlias };
  Kind kind = Kind::kScalar;
  bool implicit = false;              // a plain scalar without a tag
  bool block = false;                 // a literal or folded scalar
  Span span;                          // without anchor and tag
  std::string text;                   // of a scalar
  std::string tag;                    // in its long form
  std::uint32_t target = kNone;       // of an alias
  std::uint32_t first_child = kNone;  // of a mapping: key, value, key, value, …
  std::uint32_t last_child = kNone;
  std::uint32_t next_sibling = kNone;
  std::uint32_t place = kNone;  // its node in the SpanTree, once it has one

  static constexpr std::uint32_t kNone = SpanTree::kNone;
};

struct YamlTree {
  std::vector<YamlNode> nodes;
  std::uint32_t root = YamlNode::kNone;
};

class YamlComposer {
 public:
  enum class Step { kDocument, kEnd, kFailed };

  YamlComposer(std::string_view text, const Limits& limits);

  // Reads the next document into `tree`. After kEnd and kFailed there is no next one.
  Step next(YamlTree& tree);
  // Why next() returned kFailed.
  [[nodiscard]] const Problem& problem() const { return problem_; }
  // Where quoted and block scalars with "{{" in them were.
  [[nodiscard]] const std::vector<Span>& strings_with_braces() const { return strings_with_braces_; }
  [[nodiscard]] std::size_t node_count() const { return node_count_; }

 private:
  bool open(YamlTree& tree, YamlNode::Kind kind);
  void close(YamlTree& tree);
  bool add_scalar(YamlTree& tree);
  bool add_alias(YamlTree& tree);
  bool add(YamlTree& tree, YamlNode node, const unsigned char* anchor);
  [[nodiscard]] Span span_without_properties(bool has_properties) const;
  bool fail(ProblemKind kind, std::string message, std::string help, Span span);

  std::string_view text_;
  Limits limits_;
  YamlEvents events_;
  std::vector<std::uint32_t> open_;
  std::unordered_map<std::string, std::uint32_t> anchors_;
  std::vector<Span> strings_with_braces_;
  std::size_t node_count_ = 0;
  Problem problem_;
};

}  // namespace warmgate::document
