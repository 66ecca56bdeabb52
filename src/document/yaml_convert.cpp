#include "yaml_convert.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "problems.h"
#include "scalar.h"
#include "template_marks.h"
#include "warmgate/base/text.h"

namespace warmgate::document {
namespace {
constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";
}  // namespace

YamlConverter::YamlConverter(YamlText& text, YamlTree& tree, SpanTree& places)
    : text_(text), tree_(tree), places_(places) {}

std::optional<Json> YamlConverter::convert(std::uint32_t& root) {
  root = places_.add({tree_.nodes[tree_.root].span, std::nullopt, {}});
  Json converted = value(tree_.root, root, 0);
  return problem_ ? std::nullopt : std::optional(std::move(converted));
}

Json YamlConverter::value(std::uint32_t node, std::uint32_t place, std::size_t depth) {
  YamlNode& at = tree_.nodes[node];
  if (place != SpanTree::kNone) {
    at.place = place;
  }
  if (alias_depth_ > 0 && ++text_.alias_nodes > text_.limits.max_alias_nodes) {
    return fail(over_limit("aliases expand to more than " + std::to_string(text_.limits.max_alias_nodes) + " values",
                           "write the repeated values out, or split the input", alias_span_));
  }
  switch (at.kind) {
    case YamlNode::Kind::kScalar:
      return scalar(at);
    case YamlNode::Kind::kAlias:
      return alias(at, place, depth);
    default:
      break;
  }
  if (depth >= text_.limits.max_depth) {
    return fail(too_deep(text_.limits, alias_depth_ > 0 ? alias_span_.begin : at.span.begin));
  }
  return at.kind == YamlNode::Kind::kSequence ? sequence(at, place, depth + 1) : mapping(at, place, depth + 1);
}

Json YamlConverter::scalar(const YamlNode& node) {
  if (!node.block && helm_action_ == std::string_view::npos && holds_helm_action(node.text)) {
    const std::size_t brace = text_.source.text().find("{{", node.span.begin);
    helm_action_ = brace < node.span.end ? brace : node.span.begin;
  }
  base::Result<Json> resolved = resolve_scalar({node.text, node.tag, node.implicit});
  if (resolved && resolved->is_number_float()) {
    resolved = json_number(resolved->get<double>());
  }
  if (!resolved) {
    return fail(
        {ProblemKind::kUnparsable, resolved.error().message, "put the value in quotes if it is text", node.span});
  }
  return std::move(resolved).value();
}

Json YamlConverter::alias(const YamlNode& node, std::uint32_t place, std::size_t depth) {
  const YamlNode& target = tree_.nodes[node.target];
  if (place != SpanTree::kNone && target.place != SpanTree::kNone) {
    places_[place].first_child = places_[target.place].first_child;
  }
  if (alias_depth_ == 0) {
    alias_span_ = node.span;
  }
  ++alias_depth_;
  Json expanded = value(node.target, SpanTree::kNone, depth);
  --alias_depth_;
  return expanded;
}

Json YamlConverter::sequence(const YamlNode& node, std::uint32_t place, std::size_t depth) {
  Json array = Json::array();
  std::uint32_t last = SpanTree::kNone;
  for (std::uint32_t child = node.first_child; child != YamlNode::kNone && !problem_;
       child = tree_.nodes[child].next_sibling) {
    const std::uint32_t child_place = add_place(place, last, {tree_.nodes[child].span, std::nullopt, {}});
    array.push_back(value(child, child_place, depth));
  }
  return array;
}

Json YamlConverter::mapping(const YamlNode& node, std::uint32_t place, std::size_t depth) {
  Mapping into{Json::object(), place, SpanTree::kNone, {}};
  for (std::uint32_t key = node.first_child; key != YamlNode::kNone && !problem_;) {
    const YamlNode& at = tree_.nodes[key];
    const std::uint32_t of_key = at.next_sibling;
    if (at.kind == YamlNode::Kind::kScalar && at.text == "<<" && (at.implicit || at.tag == kMergeTag)) {
      merge(into, of_key, depth);
    } else {
      member(into, key, of_key, depth);
    }
    key = tree_.nodes[of_key].next_sibling;
  }
  return std::move(into.object);
}

void YamlConverter::member(Mapping& into, std::uint32_t key, std::uint32_t of_key, std::size_t depth) {
  std::optional<std::string> name = name_of(key);
  if (!name) {
    return;
  }
  const Span key_span = tree_.nodes[key].span;
  const std::uint32_t place = add_place(
      into.place, into.last, {tree_.nodes[of_key].span, key_span, into.place == SpanTree::kNone ? "" : *name});
  if (into.place != SpanTree::kNone) {
    const auto [known, fresh] = into.seen.try_emplace(*name);
    const bool duplicate = !fresh && !known->second.merged;
    if (duplicate) {
      note_duplicate(*name, key_span, known->second);
    }
    if (!fresh) {
      places_[known->second.place].replaced = true;
    }
    known->second = {place, duplicate ? known->second.begin : key_span.begin, false};
  }
  into.object[*name] = value(of_key, place, depth);
}

// goyaml.v2 decodes merged mappings straight into the object where the "<<" stands, so they win over keys above it;
// of a list of mappings the first one wins (decode.go, merge).
void YamlConverter::merge(Mapping& into, std::uint32_t merged, std::size_t depth) {
  std::vector<std::uint32_t> sources;
  if (tree_.nodes[merged].kind == YamlNode::Kind::kSequence) {
    for (std::uint32_t child = tree_.nodes[merged].first_child; child != YamlNode::kNone;
         child = tree_.nodes[child].next_sibling) {
      sources.push_back(child);
    }
  } else {
    sources.push_back(merged);
  }
  std::vector<std::pair<Json, std::uint32_t>> converted;
  for (const std::uint32_t source : sources) {
    if (!is_mapping(source)) {
      fail({ProblemKind::kUnparsable, "'<<' merges only mappings, or a list of them",
            "put the key '<<' in quotes if it is text", tree_.nodes[source].span});
      return;
    }
    const std::uint32_t place =
        into.place == SpanTree::kNone ? SpanTree::kNone : places_.add({tree_.nodes[source].span, std::nullopt, {}});
    converted.emplace_back(value(source, place, depth - 1), place);
    if (problem_) {
      return;
    }
  }
  for (auto source = converted.rbegin(); source != converted.rend(); ++source) {
    merge_members(into, std::move(source->first), source->second);
  }
}

void YamlConverter::merge_members(Mapping& into, Json from, std::uint32_t from_place) {
  for (auto entry = from.begin(); entry != from.end(); ++entry) {
    into.object[entry.key()] = std::move(entry.value());
  }
  if (into.place == SpanTree::kNone) {
    return;
  }
  for (std::uint32_t child = places_[from_place].first_child; child != SpanTree::kNone;
       child = places_[child].next_sibling) {
    if (places_[child].replaced) {
      continue;
    }
    SpanTree::Node copy = places_[child];
    copy.next_sibling = SpanTree::kNone;
    const std::size_t begin = copy.key ? copy.key->begin : copy.value.begin;
    const std::string name = copy.name;
    const std::uint32_t place = add_place(into.place, into.last, std::move(copy));
    const auto [known, fresh] = into.seen.try_emplace(name);
    if (!fresh) {
      places_[known->second.place].replaced = true;
    }
    known->second = {place, begin, true};
  }
}

std::optional<std::string> YamlConverter::name_of(std::uint32_t key) {
  const YamlNode* node = &tree_.nodes[key];
  const Span span = node->span;
  if (node->kind == YamlNode::Kind::kAlias) {
    node = &tree_.nodes[node->target];
  }
  if (node->kind != YamlNode::Kind::kScalar) {
    collection_key_ = true;
    fail({ProblemKind::kUnparsable, "a key is a list or a mapping; JSON keys are strings", "put it in quotes", span});
    return std::nullopt;
  }
  const base::Result<Json> resolved = resolve_scalar({node->text, node->tag, node->implicit});
  base::Result<std::string> name = resolved ? key_name(*resolved) : base::Result<std::string>(resolved.error());
  if (!name) {
    fail({ProblemKind::kUnparsable, name.error().message, "", span});
    return std::nullopt;
  }
  return std::move(name).value();
}

void YamlConverter::note_duplicate(const std::string& name, const Span& key, const Member& first) {
  if (std::optional<Problem> problem = duplicate_key(text_.source, name, key, first.begin, text_.duplicate_keys++)) {
    text_.problems.push_back(*std::move(problem));
  }
}

std::uint32_t YamlConverter::add_place(std::uint32_t parent, std::uint32_t& last, SpanTree::Node node) {
  if (parent == SpanTree::kNone) {
    return SpanTree::kNone;
  }
  const std::uint32_t index = places_.add(std::move(node));
  (last == SpanTree::kNone ? places_[parent].first_child : places_[last].next_sibling) = index;
  last = index;
  return index;
}

bool YamlConverter::is_mapping(std::uint32_t node) const {
  const YamlNode& at = tree_.nodes[node];
  return (at.kind == YamlNode::Kind::kAlias ? tree_.nodes[at.target] : at).kind == YamlNode::Kind::kMapping;
}

Json YamlConverter::fail(Problem problem) {
  if (!problem_) {
    problem_ = std::move(problem);
  }
  return nullptr;
}

}  // namespace warmgate::document
