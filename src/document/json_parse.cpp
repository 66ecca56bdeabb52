// parse_json: the fast way of admission requests. Only a text that fails is walked again, for its place.
#include <exception>
#include <utility>

#include "json_dom.h"
#include "json_reader.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"

namespace warmgate::document {
namespace {

class FastHandler final : public nlohmann::json_sax<Json> {
 public:
  explicit FastHandler(const Limits& limits) : dom_(limits) {}
  Json take() { return dom_.take(); }

  bool null() override { return dom_.add(nullptr); }
  bool boolean(bool value) override { return dom_.add(value); }
  bool number_integer(number_integer_t value) override { return dom_.add(value); }
  bool number_unsigned(number_unsigned_t value) override { return dom_.add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return dom_.add(value); }
  bool string(string_t& value) override { return dom_.add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return dom_.open(Json::object()); }
  bool key(string_t& name) override {
    dom_.key(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return dom_.open(Json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const Json::exception& /*error*/) override {
    return false;
  }

 private:
  bool close() {
    dom_.close();
    return true;
  }

  JsonDom dom_;
};

base::Error describe(const std::string& message, const std::string& help, std::size_t at) {
  return {"not acceptable JSON: " + message + " at byte offset " + std::to_string(at) +
          (help.empty() ? "" : "; " + help)};
}

base::Error failure(std::string_view text, const Limits& limits) {
  if (const std::optional<std::size_t> bad = base::first_invalid_utf8(text)) {
    return describe("invalid UTF-8", "send the text as UTF-8", *bad);
  }
  SpanTree places;
  JsonReader reader(text, limits, places);
  const std::optional<Json> value = reader.next();
  if (!value) {
    const Problem problem = reader.problem().value_or(
        Problem{ProblemKind::kUnparsable, "expected a value", "the text is empty", Span{text.size(), text.size()}});
    return describe(problem.message, problem.help, problem.span.begin);
  }
  const std::size_t end = places[reader.root()].value.end;
  const std::size_t garbage = std::min(text.find_first_not_of(" \t\r\n", end), text.size());
  return describe("text behind the value", "send one JSON value and nothing else", garbage);
}

}  // namespace

base::Result<Json> parse_json(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return base::Error{"the JSON text has " + std::to_string(text.size()) + " bytes; at most " +
                       std::to_string(limits.max_bytes) + " are read"};
  }
  try {
    FastHandler handler(limits);
    if (Json::sax_parse(text.begin(), text.end(), &handler)) {
      return handler.take();
    }
    return failure(text, limits);
  } catch (const std::exception& error) {
    return base::Error{std::string("cannot read the JSON text: ") + error.what()};
  }
}

}  // namespace warmgate::document
