// Document: a JSON value and, when it came from text, the place of every node in that text. Immutable and cheap to
// copy (shared state), so thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/json.h"
#include "warmgate/document/source.h"

namespace warmgate::document {

// The places of the nodes of one document, in the order of the text. An arena: children are linked by index.
class SpanTree {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Node {
    Span value;               // the whole value, for a collection from its first to its last byte
    std::optional<Span> key;  // the member's key, for members of an object
    std::string name;         // the member's name; empty for array items (their index is their order)
    std::uint32_t first_child = kNone;
    std::uint32_t next_sibling = kNone;
    bool replaced = false;  // a duplicate key that a later one overrides, or a merged (<<) one that lost
  };

  std::uint32_t add(Node node);
  Node& operator[](std::uint32_t index) { return nodes_[index]; }
  const Node& operator[](std::uint32_t index) const { return nodes_[index]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  // The node `pointer` leads to from `root`, or kNone.
  [[nodiscard]] std::uint32_t find(std::uint32_t root, std::string_view pointer) const;

 private:
  std::vector<Node> nodes_;
};

class Document {
 public:
  // A document that did not come from text (an admission request).
  explicit Document(Json value);
  // A document from text; `root` is its node in `spans` (the items of a List share one tree).
  Document(Json value, std::shared_ptr<const SourceText> source, std::shared_ptr<const SpanTree> spans,
           std::uint32_t root);

  [[nodiscard]] const Json& value() const { return *value_; }
  [[nodiscard]] const SourceText* source() const { return source_.get(); }  // nullptr without text
  [[nodiscard]] const std::shared_ptr<const SourceText>& shared_source() const { return source_; }
  [[nodiscard]] const SpanTree* spans() const { return spans_.get(); }  // nullptr without text
  [[nodiscard]] std::uint32_t root() const { return root_; }            // the document's node in spans()

  // Where the value at `pointer` is; for a pointer that leads nowhere, its nearest ancestor that exists.
  // nullopt without text.
  [[nodiscard]] std::optional<Span> value_span(std::string_view pointer) const;
  // Where its key is, else (array item, document) its value.
  [[nodiscard]] std::optional<Span> key_span(std::string_view pointer) const;
  // Where bytes [offset, offset + length) of the string at `pointer` are in the text: exact for plain, quoted (without
  // escapes before it) and block scalars; else the whole value. For words inside `sh -c` scripts.
  [[nodiscard]] std::optional<Span> substring_span(std::string_view pointer, std::size_t offset,
                                                   std::size_t length) const;
  // Member names of the object at `pointer` in the order of the text; empty without text or for other values.
  [[nodiscard]] std::vector<std::string> member_order(std::string_view pointer) const;

 private:
  std::shared_ptr<const Json> value_;
  std::shared_ptr<const SourceText> source_;
  std::shared_ptr<const SpanTree> spans_;
  std::uint32_t root_ = 0;
};

}  // namespace warmgate::document
