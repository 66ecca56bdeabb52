#include "warmgate/document/document.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "substring.h"
#include "warmgate/document/pointer.h"

namespace warmgate::document {

std::uint32_t SpanTree::add(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t SpanTree::find(std::uint32_t root, std::string_view pointer) const {
  const std::optional<std::vector<std::string>> tokens = parse_pointer(pointer);
  if (!tokens || root >= nodes_.size()) {
    return kNone;
  }
  std::uint32_t at = root;
  for (const std::string& token : *tokens) {
    std::uint32_t child = nodes_[at].first_child;
    if (child == kNone) {
      return kNone;
    }
    if (nodes_[child].key) {
      while (child != kNone && (nodes_[child].replaced || nodes_[child].name != token)) {
        child = nodes_[child].next_sibling;
      }
    } else {
      std::size_t index = 0;
      const char* end = token.data() + token.size();
      const auto [stop, error] = std::from_chars(token.data(), end, index);
      if (error != std::errc{} || stop != end) {
        return kNone;
      }
      for (; child != kNone && index > 0; --index) {
        child = nodes_[child].next_sibling;
      }
    }
    if (child == kNone) {
      return kNone;
    }
    at = child;
  }
  return at;
}

Document::Document(Json value) : value_(std::make_shared<const Json>(std::move(value))) {}

Document::Document(Json value, std::shared_ptr<const SourceText> source, std::shared_ptr<const SpanTree> spans,
                   std::uint32_t root)
    : value_(std::make_shared<const Json>(std::move(value))),
      source_(std::move(source)),
      spans_(std::move(spans)),
      root_(root) {}

std::optional<Span> Document::value_span(std::string_view pointer) const {
  if (!spans_) {
    return std::nullopt;
  }
  for (;;) {
    const std::uint32_t node = spans_->find(root_, pointer);
    if (node != SpanTree::kNone) {
      return (*spans_)[node].value;
    }
    const std::size_t last = pointer.rfind('/');
    if (last == std::string_view::npos) {
      return (*spans_)[root_].value;
    }
    pointer = pointer.substr(0, last);
  }
}

std::optional<Span> Document::key_span(std::string_view pointer) const {
  if (!spans_) {
    return std::nullopt;
  }
  const std::uint32_t node = pointer.empty() ? SpanTree::kNone : spans_->find(root_, pointer);
  return node != SpanTree::kNone && (*spans_)[node].key ? (*spans_)[node].key : value_span(pointer);
}

std::optional<Span> Document::substring_span(std::string_view pointer, std::size_t offset, std::size_t length) const {
  const std::optional<Span> whole = value_span(pointer);
  const Json* text = resolve(*value_, pointer);
  if (!whole || text == nullptr || !text->is_string() || spans_->find(root_, pointer) == SpanTree::kNone) {
    return whole;
  }
  const std::string_view raw = source_->text().substr(whole->begin, whole->end - whole->begin);
  const std::optional<Span> part = find_decoded_part(raw, text->get_ref<const std::string&>(), offset, length);
  return part ? Span{whole->begin + part->begin, whole->begin + part->end} : *whole;
}

std::vector<std::string> Document::member_order(std::string_view pointer) const {
  std::vector<std::string> names;
  const std::uint32_t node = spans_ ? spans_->find(root_, pointer) : SpanTree::kNone;
  if (node == SpanTree::kNone) {
    return names;
  }
  for (std::uint32_t child = (*spans_)[node].first_child; child != SpanTree::kNone;
       child = (*spans_)[child].next_sibling) {
    if ((*spans_)[child].key && !(*spans_)[child].replaced) {
      names.push_back((*spans_)[child].name);
    }
  }
  return names;
}

}  // namespace warmgate::document
