#include "warmgate/document/write.h"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "plain_style.h"

namespace warmgate::document {
namespace {

// libyaml takes and gives unsigned char.
const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// The shortest text that reads back as the same number.
std::string number_text(const Json& value) {
  if (!value.is_number_float()) {
    return value.dump();
  }
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.get<double>());
  const bool writable = std::isfinite(value.get<double>()) && error == std::errc{};
  return writable ? std::string(buffer.data(), end) : "null";  // as nlohmann's dump()
}

class YamlWriter {
 public:
  explicit YamlWriter(const SpanTree* places) : places_(places) {
    ok_ = yaml_emitter_initialize(&emitter_) != 0;
    yaml_emitter_set_output(&emitter_, &append, this);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_width(&emitter_, -1);
    yaml_emitter_set_indent(&emitter_, 2);
  }
  ~YamlWriter() { yaml_emitter_delete(&emitter_); }
  YamlWriter(const YamlWriter&) = delete;
  YamlWriter& operator=(const YamlWriter&) = delete;

  // False when libyaml cannot write the value (invalid UTF-8).
  bool write(const Json& value, std::uint32_t place) {
    emit(yaml_stream_start_event_initialize(&event_, YAML_UTF8_ENCODING));
    emit(yaml_document_start_event_initialize(&event_, nullptr, nullptr, nullptr, 1));
    node(value, place);
    emit(yaml_document_end_event_initialize(&event_, 1));
    emit(yaml_stream_end_event_initialize(&event_));
    return ok_ && yaml_emitter_flush(&emitter_) != 0;
  }
  std::string take() { return std::move(text_); }

 private:
  static int append(void* writer, unsigned char* text, std::size_t size) {
    static_cast<YamlWriter*>(writer)->text_.append(reinterpret_cast<const char*>(text), size);
    return 1;
  }

  // Emits the event that was made with `made`. The emitter frees it, also when it fails.
  void emit(int made) { ok_ = ok_ && made != 0 && yaml_emitter_emit(&emitter_, &event_) != 0; }

  void node(const Json& value, std::uint32_t place) {
    switch (value.type()) {
      case Json::value_t::object:
        object(value, place);
        break;
      case Json::value_t::array:
        array(value, place);
        break;
      case Json::value_t::string:
        string(value.get_ref<const std::string&>(), false);
        break;
      case Json::value_t::null:
        scalar("null", YAML_PLAIN_SCALAR_STYLE);
        break;
      case Json::value_t::boolean:
        scalar(value.get<bool>() ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
        break;
      default:
        scalar(number_text(value), YAML_PLAIN_SCALAR_STYLE);
        break;
    }
  }

  void object(const Json& value, std::uint32_t place) {
    // libyaml writes empty collections as {} and [] whatever the style.
    emit(yaml_mapping_start_event_initialize(&event_, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE));
    std::set<std::string_view> written;
    const auto member = [&](const std::string& name, const Json& of_name, std::uint32_t at) {
      if (ok_ && written.insert(name).second) {
        string(name, true);
        node(of_name, at);
      }
    };
    for (std::uint32_t child = first_child(place); child != SpanTree::kNone; child = (*places_)[child].next_sibling) {
      const SpanTree::Node& at = (*places_)[child];
      const auto found = at.key && !at.replaced ? value.find(at.name) : value.end();
      if (found != value.end()) {
        member(found.key(), *found, child);
      }
    }
    for (const char* name : {"apiVersion", "kind", "metadata", "spec"}) {
      if (const auto found = value.find(name); found != value.end()) {
        member(found.key(), *found, SpanTree::kNone);
      }
    }
    for (auto entry = value.begin(); entry != value.end(); ++entry) {
      member(entry.key(), *entry, SpanTree::kNone);
    }
    emit(yaml_mapping_end_event_initialize(&event_));
  }

  void array(const Json& value, std::uint32_t place) {
    emit(yaml_sequence_start_event_initialize(&event_, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE));
    std::uint32_t child = first_child(place);
    for (const Json& item : value) {
      node(item, child);
      child = child == SpanTree::kNone ? child : (*places_)[child].next_sibling;
    }
    emit(yaml_sequence_end_event_initialize(&event_));
  }

  void string(const std::string& text, bool key) {
    yaml_scalar_style_t style = plain_is_string(text) ? YAML_PLAIN_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
    if (text.find('\n') != std::string::npos) {
      style = !key && fits_literal(text) ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    }
    scalar(text, style);  // libyaml quotes where the characters ask for it
  }

  void scalar(std::string_view text, yaml_scalar_style_t style) {
    if (ok_) {
      emit(yaml_scalar_event_initialize(&event_, nullptr, nullptr, bytes(text), static_cast<int>(text.size()), 1, 1,
                                        style));
    }
  }

  [[nodiscard]] std::uint32_t first_child(std::uint32_t place) const {
    return place == SpanTree::kNone || places_ == nullptr ? SpanTree::kNone : (*places_)[place].first_child;
  }

  const SpanTree* places_;
  yaml_emitter_t emitter_{};
  yaml_event_t event_{};
  std::string text_;
  bool ok_ = true;
};

}  // namespace

std::string to_yaml(const Json& value, const Document& original) {
  YamlWriter writer(original.spans());
  const bool written = writer.write(value, original.spans() == nullptr ? SpanTree::kNone : original.root());
  return written ? writer.take() : to_json(value, 2) + "\n";  // JSON is YAML
}

std::string to_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace warmgate::document
