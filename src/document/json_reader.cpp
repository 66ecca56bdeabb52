#include "json_reader.h"

#include <algorithm>

#include "json_error.h"
#include "problems.h"
#include "template_marks.h"

namespace warmgate::document {
namespace {
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kDigits = "0123456789";

// Length of the number, literal or bracket at the front of `text`, exactly as far as JSON's grammar goes.
std::size_t token_length(std::string_view text) {
  const char first = text.empty() ? ' ' : text[0];
  if (first == 't' || first == 'n') {
    return 4;
  }
  if (first == 'f') {
    return 5;
  }
  std::size_t i = first == '-' ? 1 : 0;
  const auto digits = [&] { i = std::min(text.find_first_not_of(kDigits, i), text.size()); };
  if (i == text.size() || kDigits.find(text[i]) == std::string_view::npos) {
    return 1;
  }
  text[i] == '0' ? void(++i) : digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    digits();
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    i += i + 1 < text.size() && (text[i + 1] == '+' || text[i + 1] == '-') ? 2 : 1;
    digits();
  }
  return i;
}
}  // namespace

JsonReader::JsonReader(std::string_view text, const Limits& limits, SpanTree& places)
    : text_(text), limits_(limits), places_(places), dom_(limits), at_(text.starts_with("\xEF\xBB\xBF") ? 3 : 0) {}

std::optional<Json> JsonReader::next() {
  at_ = std::min(text_.find_first_not_of(kBlank, at_), text_.size());
  if (at_ == text_.size()) {
    return std::nullopt;
  }
  open_.clear();
  expects_value_ = first_in_collection_ = false;
  root_ = SpanTree::kNone;
  helm_action_ = std::string_view::npos;
  const std::string_view rest = text_.substr(at_);
  const bool read = Json::sax_parse(rest.begin(), rest.end(), this, Json::input_format_t::json, false);
  if (read) {
    return dom_.take();
  }
  if (!problem_) {
    problem_ = explain_json(text_, {at_, open_.empty(), dom_.in_object(), expects_value_, first_in_collection_});
  }
  return std::nullopt;
}

// Moves behind the next token and returns its place; separators before it are skipped.
Span JsonReader::pass_token() {
  const std::size_t begin = std::min(text_.find_first_not_of(" \t\r\n,:", at_), text_.size());
  if (begin < text_.size() && text_[begin] == '"') {
    at_ = begin;
    return pass_string();
  }
  at_ = std::min(begin + token_length(text_.substr(begin)), text_.size());
  return {begin, at_};
}

Span JsonReader::pass_string() {
  const std::size_t begin = at_++;
  while (at_ < text_.size() && text_[at_] != '"') {
    at_ += text_[at_] == '\\' ? 2 : 1;
  }
  at_ = std::min(at_ + 1, text_.size());
  return {begin, at_};
}

void JsonReader::add_place(Span span) {
  SpanTree::Node node{span, std::nullopt, {}};
  if (open_.empty()) {
    root_ = places_.add(std::move(node));
    return;
  }
  Open& parent = open_.back();
  std::uint32_t* member = nullptr;
  if (expects_value_) {
    node.key = key_span_;
    node.name = key_name_;
    const auto [known, fresh] = parent.members.try_emplace(key_name_, SpanTree::kNone);
    member = &known->second;
    if (!fresh) {
      places_[*member].replaced = true;
      duplicates_.push_back({key_name_, key_span_, places_[*member].key->begin});
    }
  }
  const std::uint32_t index = places_.add(std::move(node));
  (parent.last_child == SpanTree::kNone ? places_[parent.place].first_child : places_[parent.last_child].next_sibling) =
      index;
  parent.last_child = index;
  if (member != nullptr) {
    *member = index;
  }
}

bool JsonReader::within_limits(bool ok, const Span& span) {
  if (!ok) {
    problem_ = dom_.limit() == JsonDom::Limit::kDepth ? too_deep(limits_, span.begin) : too_many_nodes(limits_, span);
  }
  return ok;
}

bool JsonReader::leaf(Json value) {
  const Span span = pass_token();
  add_place(span);
  expects_value_ = first_in_collection_ = false;
  return within_limits(dom_.add(std::move(value)), span);
}

bool JsonReader::open(Json collection) {
  const Span span = pass_token();
  add_place(span);
  const std::uint32_t place = open_.empty() ? root_ : open_.back().last_child;
  open_.push_back({place, SpanTree::kNone, {}});
  expects_value_ = false;
  first_in_collection_ = true;
  return within_limits(dom_.open(std::move(collection)), span);
}

bool JsonReader::close() {
  places_[open_.back().place].value.end = pass_token().end;
  open_.pop_back();
  first_in_collection_ = false;
  dom_.close();
  return true;
}

bool JsonReader::null() { return leaf(nullptr); }
bool JsonReader::boolean(bool value) { return leaf(value); }
bool JsonReader::number_integer(number_integer_t value) { return leaf(value); }
bool JsonReader::number_unsigned(number_unsigned_t value) { return leaf(value); }
bool JsonReader::number_float(number_float_t value, const string_t& /*text*/) { return leaf(value); }
bool JsonReader::binary(binary_t& /*value*/) { return false; }
bool JsonReader::start_object(std::size_t /*size*/) { return open(Json::object()); }
bool JsonReader::end_object() { return close(); }
bool JsonReader::start_array(std::size_t /*size*/) { return open(Json::array()); }
bool JsonReader::end_array() { return close(); }

bool JsonReader::string(string_t& value) {
  const bool action = helm_action_ == std::string_view::npos && holds_helm_action(value);
  const bool ok = leaf(std::move(value));
  if (action) {
    const Span span = places_[open_.empty() ? root_ : open_.back().last_child].value;
    const std::size_t brace = text_.find("{{", span.begin);
    helm_action_ = brace < span.end ? brace : span.begin;
  }
  return ok;
}

bool JsonReader::key(string_t& name) {
  key_span_ = pass_token();
  key_name_ = name;
  expects_value_ = true;
  dom_.key(name);
  return true;
}

bool JsonReader::parse_error(std::size_t /*position*/, const std::string& /*token*/, const Json::exception& /*error*/) {
  return false;  // explained from the text, in next()
}

}  // namespace warmgate::document
