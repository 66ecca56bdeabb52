// JsonReader: JSON values with places. nlohmann's SAX events carry no positions, so a cursor walks the raw text in step
// with them; the parser has checked each token before the cursor passes it. For one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "json_dom.h"
#include "warmgate/document/read.h"

namespace warmgate::document {

class JsonReader final : public nlohmann::json_sax<Json> {
 public:
  // `text` outlives this.
  JsonReader(std::string_view text, const Limits& limits, SpanTree& places);

  // Reads the next value. nullopt at the end of the text (problem() is empty then) and at a mistake.
  std::optional<Json> next();
  [[nodiscard]] std::uint32_t root() const { return root_; }  // the place of the last value
  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }
  // Where an unrendered Helm action stands in a string of the last value, or npos.
  [[nodiscard]] std::size_t helm_action() const { return helm_action_; }

  struct Duplicate {
    std::string name;
    Span key;
    std::size_t first = 0;
  };
  [[nodiscard]] const std::vector<Duplicate>& duplicates() const { return duplicates_; }

  bool null() override;
  bool boolean(bool value) override;
  bool number_integer(number_integer_t value) override;
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t value, const string_t& text) override;
  bool string(string_t& value) override;
  bool binary(binary_t& value) override;
  bool start_object(std::size_t size) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(std::size_t size) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& token, const Json::exception& error) override;

 private:
  struct Open {
    std::uint32_t place = SpanTree::kNone;
    std::uint32_t last_child = SpanTree::kNone;
    std::unordered_map<std::string, std::uint32_t> members;
  };

  Span pass_token();
  Span pass_string();
  bool leaf(Json value);
  bool open(Json collection);
  bool close();
  void add_place(Span span);
  bool within_limits(bool ok, const Span& span);

  std::string_view text_;
  Limits limits_;
  SpanTree& places_;
  JsonDom dom_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
  std::uint32_t root_ = SpanTree::kNone;
  bool expects_value_ = false;  // behind a key
  bool first_in_collection_ = false;
  Span key_span_;
  std::string key_name_;
  std::vector<Duplicate> duplicates_;
  std::size_t helm_action_ = std::string_view::npos;
  std::optional<Problem> problem_;
};

}  // namespace warmgate::document
