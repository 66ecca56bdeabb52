#include "yaml_tree.h"

#include <algorithm>
#include <utility>

#include "problems.h"
#include "warmgate/base/text.h"

namespace warmgate::document {
namespace {

// libyaml's strings are unsigned char.
std::string to_string(const unsigned char* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

}  // namespace

YamlComposer::YamlComposer(std::string_view text, const Limits& limits) : text_(text), limits_(limits), events_(text) {}

YamlComposer::Step YamlComposer::next(YamlTree& tree) {
  tree.nodes.clear();
  tree.root = YamlNode::kNone;
  open_.clear();
  anchors_.clear();
  while (events_.next()) {
    bool ok = true;
    switch (events_.event().type) {
      case YAML_STREAM_END_EVENT:
        return Step::kEnd;
      case YAML_DOCUMENT_END_EVENT:
        return Step::kDocument;
      case YAML_SCALAR_EVENT:
        ok = add_scalar(tree);
        break;
      case YAML_ALIAS_EVENT:
        ok = add_alias(tree);
        break;
      case YAML_SEQUENCE_START_EVENT:
        ok = open(tree, YamlNode::Kind::kSequence);
        break;
      case YAML_MAPPING_START_EVENT:
        ok = open(tree, YamlNode::Kind::kMapping);
        break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        close(tree);
        break;
      default:
        break;
    }
    if (!ok) {
      return Step::kFailed;
    }
  }
  problem_ = events_.problem();
  return Step::kFailed;
}

bool YamlComposer::open(YamlTree& tree, YamlNode::Kind kind) {
  const yaml_event_t& event = events_.event();
  const bool mapping = kind == YamlNode::Kind::kMapping;
  const unsigned char* anchor = mapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor;
  const unsigned char* tag = mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag;
  YamlNode node;
  node.kind = kind;
  node.span = span_without_properties(anchor != nullptr || tag != nullptr);
  if (open_.size() >= limits_.max_depth) {
    problem_ = too_deep(limits_, node.span.begin);
    return false;
  }
  if (!add(tree, std::move(node), anchor)) {
    return false;
  }
  open_.push_back(static_cast<std::uint32_t>(tree.nodes.size() - 1));
  return true;
}

void YamlComposer::close(YamlTree& tree) {
  YamlNode& node = tree.nodes[open_.back()];
  open_.pop_back();
  const Span end = events_.span();
  if (end.end > end.begin) {
    node.span.end = end.end;  // a closing bracket
  } else if (node.last_child != YamlNode::kNone) {
    // A block collection ends for libyaml where the next token begins, behind comments and blank lines.
    node.span.end = tree.nodes[node.last_child].span.end;
  }
}

bool YamlComposer::add_scalar(YamlTree& tree) {
  const auto& scalar = events_.event().data.scalar;
  YamlNode node;
  node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
  node.tag = to_string(scalar.tag);
  const std::size_t start = events_.span().begin;
  const bool bang = scalar.tag == nullptr && start < text_.size() && text_[start] == '!';
  node.span = span_without_properties(scalar.anchor != nullptr || scalar.tag != nullptr || bang);
  // "! 3" is a string; libyaml forgets the lone "!".
  node.implicit = scalar.plain_implicit != 0 && !bang && !text_.substr(node.span.begin).starts_with("! ");
  node.block = scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE;
  if (node.block) {
    const std::size_t last = text_.substr(0, node.span.end).find_last_not_of(" \t\r\n");
    node.span.end = std::max(node.span.begin, last + 1);
  }
  if (scalar.style != YAML_PLAIN_SCALAR_STYLE && node.text.find("{{") != std::string::npos) {
    strings_with_braces_.push_back(node.span);
  }
  return add(tree, std::move(node), scalar.anchor);
}

bool YamlComposer::add_alias(YamlTree& tree) {
  const std::string name = to_string(events_.event().data.alias.anchor);
  const Span span = events_.span();
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    return fail(ProblemKind::kUnparsable, "the alias '*" + base::one_line(name, 40) + "' has no anchor above it",
                "write '&" + base::one_line(name, 40) +
                    "' before the value that is meant, or put a value that starts "
                    "with '*' in quotes",
                span);
  }
  if (std::find(open_.begin(), open_.end(), found->second) != open_.end()) {
    return fail(ProblemKind::kUnparsable, "the alias '*" + base::one_line(name, 40) + "' stands inside its own anchor",
                "move it out of the value that it repeats", span);
  }
  YamlNode node;
  node.kind = YamlNode::Kind::kAlias;
  node.span = span;
  node.target = found->second;
  return add(tree, std::move(node), nullptr);
}

bool YamlComposer::add(YamlTree& tree, YamlNode node, const unsigned char* anchor) {
  if (++node_count_ > limits_.max_nodes) {
    problem_ = too_many_nodes(limits_, node.span);
    return false;
  }
  const auto index = static_cast<std::uint32_t>(tree.nodes.size());
  tree.nodes.push_back(std::move(node));
  if (open_.empty()) {
    tree.root = index;
  } else {
    YamlNode& parent = tree.nodes[open_.back()];
    (parent.last_child == YamlNode::kNone ? parent.first_child : tree.nodes[parent.last_child].next_sibling) = index;
    parent.last_child = index;
  }
  if (anchor != nullptr) {
    anchors_[to_string(anchor)] = index;
  }
  return true;
}

Span YamlComposer::span_without_properties(bool has_properties) const {
  Span span = events_.span();
  while (has_properties && span.begin < span.end && (text_[span.begin] == '&' || text_[span.begin] == '!')) {
    span.begin = std::min(text_.find_first_of(" \t\r\n,[]{}", span.begin), span.end);
    for (;;) {
      span.begin = std::min(text_.find_first_not_of(" \t\r\n", span.begin), span.end);
      if (span.begin == span.end || text_[span.begin] != '#') {
        break;
      }
      span.begin = std::min(text_.find_first_of("\r\n", span.begin), span.end);
    }
  }
  return span;
}

bool YamlComposer::fail(ProblemKind kind, std::string message, std::string help, Span span) {
  problem_ = {kind, std::move(message), std::move(help), span};
  return false;
}

}  // namespace warmgate::document
