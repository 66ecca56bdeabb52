// YamlEvents: libyaml's event parser with places in bytes. Not copyable, for one thread.
#pragma once

#include <yaml.h>

#include <cstddef>
#include <string_view>

#include "code_points.h"
#include "warmgate/document/read.h"

namespace warmgate::document {

class YamlEvents {
 public:
  // `text` is valid UTF-8 and outlives this; a byte order mark is skipped.
  explicit YamlEvents(std::string_view text);
  ~YamlEvents();
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;

  // Moves to the next event. After false only problem() may be called.
  bool next();
  [[nodiscard]] const yaml_event_t& event() const { return event_; }
  // The place of the event. For nodes it begins with their anchor and tag.
  [[nodiscard]] Span span() const;
  // Why next() failed.
  [[nodiscard]] Problem problem() const;

 private:
  [[nodiscard]] std::size_t offset_of(const yaml_mark_t& mark) const;

  std::string_view text_;
  std::size_t skipped_;  // bytes of the byte order mark
  CodePointOffsets offsets_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

}  // namespace warmgate::document
