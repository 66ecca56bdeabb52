#include "yaml_events.h"

#include <new>

#include "yaml_error.h"

namespace warmgate::document {
namespace {
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

YamlEvents::YamlEvents(std::string_view text)
    : text_(text),
      skipped_(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0),
      offsets_(text.substr(skipped_)) {
  if (yaml_parser_initialize(&parser_) == 0) {
    throw std::bad_alloc();  // its only reason to fail
  }
  const std::string_view input = text_.substr(skipped_);
  // libyaml has no type for bytes but unsigned char.
  yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(input.data()), input.size());
  yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
}

YamlEvents::~YamlEvents() {
  yaml_event_delete(&event_);
  yaml_parser_delete(&parser_);
}

bool YamlEvents::next() {
  yaml_event_delete(&event_);
  return yaml_parser_parse(&parser_, &event_) != 0;
}

std::size_t YamlEvents::offset_of(const yaml_mark_t& mark) const { return skipped_ + offsets_.byte_offset(mark.index); }

Span YamlEvents::span() const { return {offset_of(event_.start_mark), offset_of(event_.end_mark)}; }

Problem YamlEvents::problem() const {
  YamlFailure failure;
  failure.problem = parser_.problem == nullptr ? "" : parser_.problem;
  failure.context = parser_.context == nullptr ? "" : parser_.context;
  // A reader error has no mark but a byte offset.
  failure.at = parser_.error == YAML_READER_ERROR ? skipped_ + parser_.problem_offset : offset_of(parser_.problem_mark);
  failure.context_at = parser_.context == nullptr ? failure.at : offset_of(parser_.context_mark);
  return explain(failure, text_);
}

}  // namespace warmgate::document
