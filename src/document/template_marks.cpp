#include "template_marks.h"

#include <algorithm>
#include <initializer_list>

namespace warmgate::document {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string_view trim_left(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// What stands between "{{" and "}}" is a Helm action. Jinja writes its statements as {% %} and its functions with
// parentheses ("{{ range(3) }}"), so the words of Go templates count only in Go's form.
bool is_helm(std::string_view action) {
  action.remove_prefix(action.starts_with("-") ? 1 : 0);
  action = trim_left(action);
  if (action.starts_with("/*")) {
    return true;
  }
  for (const std::string_view object : {".Values", ".Release", ".Chart", ".Capabilities", "$.Values", "$.Release"}) {
    const std::size_t at = action.find(object);
    const bool name_ends = at != kNone && (at + object.size() == action.size() || !is_word(action[at + object.size()]));
    if (name_ends && (at == 0 || !is_word(action[at - 1]))) {
      return true;
    }
  }
  const std::size_t length =
      static_cast<std::size_t>(std::find_if_not(action.begin(), action.end(), is_word) - action.begin());
  const std::string_view word = action.substr(0, length);
  const std::string_view rest = action.substr(length);
  const std::string_view argument = trim_left(rest);
  if (word == "end" || word == "else") {
    return argument.empty() || argument == "-" || argument.starts_with("if ");
  }
  if (rest.size() == argument.size() || argument.empty()) {
    return false;
  }
  if (word == "include" || word == "template" || word == "define" || word == "block" || word == "tpl") {
    return argument.front() == '"' || argument.front() == '`' || argument.front() == '.' || argument.front() == '(';
  }
  if (word == "if" || word == "range" || word == "with" || word == "toYaml") {
    return argument.front() != '|' && argument.front() != '=';
  }
  return false;
}

std::size_t find_helm_action(std::string_view text) {
  for (std::size_t at = text.find("{{"); at != kNone; at = text.find("{{", at + 1)) {
    // Looking no further than the next "{{" keeps a text of nothing but braces linear.
    const std::string_view rest = text.substr(at + 2);
    const std::string_view action = rest.substr(0, rest.find("{{"));
    const std::size_t end = action.find("}}");
    if (end != kNone && is_helm(action.substr(0, end))) {
      return at;
    }
  }
  return kNone;
}

}  // namespace

bool holds_helm_action(std::string_view value) { return find_helm_action(value) != kNone && value.find('\n') == kNone; }

std::size_t find_template_mark(std::string_view text, std::size_t failed_at, const std::vector<Span>& strings) {
  const std::size_t line_end = std::min(text.find_first_of("\r\n", std::min(failed_at, text.size())), text.size());
  // Each gap between the strings is searched alone.
  std::size_t gap = 0;
  for (std::size_t i = 0; i <= strings.size(); ++i) {
    const std::size_t gap_end = i < strings.size() ? strings[i].begin : text.size();
    if (gap_end > gap) {
      const std::string_view part = text.substr(gap, gap_end - gap);
      const std::size_t any = part.find("{{");
      const std::size_t found = any != kNone && gap + any < line_end ? any : find_helm_action(part);
      if (found != kNone) {
        return gap + found;
      }
    }
    gap = i < strings.size() ? std::max(gap, strings[i].end) : gap;
  }
  return kNone;
}

Problem needs_rendering(std::size_t at) {
  return {ProblemKind::kNeedsRendering, "this is a Helm/Go template, not YAML",
          "render it first, e.g. `helm template . | warmgate lint -`", Span{at, at + 2}};
}

}  // namespace warmgate::document
