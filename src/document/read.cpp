#include "warmgate/document/read.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_reader.h"
#include "list_items.h"
#include "problems.h"
#include "template_marks.h"
#include "warmgate/base/text.h"
#include "yaml_convert.h"
#include "yaml_tree.h"

namespace warmgate::document {
namespace {

// Values of one text on their way to Documents. They share one SpanTree, so Documents are made at the end.
struct Collected {
  std::shared_ptr<SpanTree> places = std::make_shared<SpanTree>();
  std::vector<Placed> values;
  std::vector<Problem> problems;
};

// False when there are too many documents.
bool collect(Collected& into, Placed value, const Limits& limits) {
  const Span span = (*into.places)[value.place].value;
  if (unpack_list(std::move(value), *into.places, limits.max_documents, into.values)) {
    return true;
  }
  into.problems.push_back(too_many_documents(limits, span));
  return false;
}

std::optional<Problem> unreadable(const SourceText& source, const Limits& limits) {
  const std::string_view text = source.text();
  if (text.size() > limits.max_bytes) {
    return over_limit("the input has " + std::to_string(text.size()) + " bytes; at most " +
                          std::to_string(limits.max_bytes) + " are read",
                      "split it into several files", Span{limits.max_bytes, limits.max_bytes});
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Problem{ProblemKind::kUnparsable, "a binary file (it holds a NUL byte), not YAML or JSON",
                   "give text in UTF-8", Span{nul, nul + 1}};
  }
  if (const std::optional<std::size_t> bad = base::first_invalid_utf8(text)) {
    return Problem{ProblemKind::kUnparsable, "not UTF-8", "save the file as UTF-8", Span{*bad, *bad + 1}};
  }
  return std::nullopt;
}

class YamlStream {
 public:
  YamlStream(const SourceText& source, const Limits& limits)
      : source_(source), limits_(limits), composer_(source.text(), limits), text_{source, limits, read_.problems} {}
  YamlStream(const YamlStream&) = delete;
  YamlStream& operator=(const YamlStream&) = delete;

  Collected read() {
    YamlTree tree;
    YamlComposer::Step step = composer_.next(tree);
    while (step == YamlComposer::Step::kDocument && add(tree)) {
      step = composer_.next(tree);
    }
    if (step == YamlComposer::Step::kFailed) {
      Problem problem = composer_.problem();
      const std::size_t mark =
          problem.kind == ProblemKind::kUnparsable ? template_mark(problem.span.begin) : std::string_view::npos;
      report(mark == std::string_view::npos ? std::move(problem) : needs_rendering(mark));
    }
    return std::move(read_);
  }

 private:
  // False when nothing more shall be read.
  bool add(YamlTree& tree) {
    if (tree.root == YamlNode::kNone) {
      return true;
    }
    YamlConverter converter(text_, tree, *read_.places);
    Placed document;
    std::optional<Json> value = converter.convert(document.place);
    const bool over_nodes = composer_.node_count() + text_.alias_nodes > limits_.max_nodes;
    if (value && over_nodes) {
      report(too_many_nodes(limits_, tree.nodes[tree.root].span));
      return false;
    }
    if (!value) {
      const std::size_t mark =
          converter.has_collection_key() ? template_mark(converter.problem()->span.begin) : std::string_view::npos;
      report(mark == std::string_view::npos ? *converter.problem() : needs_rendering(mark));
      return converter.problem()->kind != ProblemKind::kOverLimit;
    }
    if (converter.helm_action() != std::string_view::npos) {
      report(needs_rendering(converter.helm_action()));
      return true;
    }
    if (value->is_null()) {
      return true;
    }
    document.value = *std::move(value);
    return collect(read_, std::move(document), limits_);
  }

  [[nodiscard]] std::size_t template_mark(std::size_t failed_at) const {
    return find_template_mark(source_.text(), failed_at, composer_.strings_with_braces());
  }

  // A text is either a template or not: told once.
  void report(Problem problem) {
    const bool template_known = std::any_of(read_.problems.begin(), read_.problems.end(), [](const Problem& known) {
      return known.kind == ProblemKind::kNeedsRendering;
    });
    if (problem.kind != ProblemKind::kNeedsRendering || !template_known) {
      read_.problems.push_back(std::move(problem));
    }
  }

  const SourceText& source_;
  const Limits& limits_;
  YamlComposer composer_;
  Collected read_;
  YamlText text_;
};

Collected read_json(const SourceText& source, const Limits& limits, std::optional<Problem>& failure) {
  Collected read;
  JsonReader reader(source.text(), limits, *read.places);
  bool within = true;
  while (within) {
    std::optional<Json> value = reader.next();
    if (!value) {
      break;
    }
    if (reader.helm_action() != std::string_view::npos) {
      read.problems.push_back(needs_rendering(reader.helm_action()));
      continue;
    }
    within = value->is_null() || collect(read, {*std::move(value), reader.root()}, limits);
  }
  std::size_t earlier = 0;
  for (const JsonReader::Duplicate& duplicate : reader.duplicates()) {
    if (std::optional<Problem> problem =
            duplicate_key(source, duplicate.name, duplicate.key, duplicate.first, earlier++)) {
      read.problems.push_back(*std::move(problem));
    }
  }
  failure = reader.problem();
  return read;
}

bool stopped_by_error(const Collected& read) {
  return std::any_of(read.problems.begin(), read.problems.end(),
                     [](const Problem& problem) { return problem.kind != ProblemKind::kDuplicateKey; });
}

bool begins_with_json_key(std::string_view text) {
  const std::size_t brace = text.find('{');
  const std::size_t next = brace == std::string_view::npos ? brace : text.find_first_not_of(" \t\r\n", brace + 1);
  return next != std::string_view::npos && text[next] == '"';
}

// A text that starts like JSON: JSON, else flow-style YAML; when it is neither, the error of the reader that understood
// more of it.
Collected read_json_or_yaml(const SourceText& source, const Limits& limits) {
  std::optional<Problem> failure;
  Collected json = read_json(source, limits, failure);
  if (!failure) {
    return json;
  }
  if (failure->kind == ProblemKind::kOverLimit) {
    json.problems.push_back(*std::move(failure));
    return json;
  }
  Collected yaml = YamlStream(source, limits).read();
  if (!stopped_by_error(yaml)) {
    return yaml;
  }
  const Problem& last = yaml.problems.back();
  const bool farther = last.span.begin > failure->span.begin && !begins_with_json_key(source.text());
  if (last.kind != ProblemKind::kUnparsable || farther) {
    return yaml;
  }
  json.problems.push_back(*std::move(failure));
  return json;
}

ReadResult read_all(const std::shared_ptr<const SourceText>& source, const Limits& limits) {
  ReadResult result;
  if (std::optional<Problem> problem = unreadable(*source, limits)) {
    result.problems.push_back(*std::move(problem));
    return result;
  }
  const std::string_view text = source->text();
  const std::size_t start = text.find_first_not_of(" \t\r\n", text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  const bool like_json = start != std::string_view::npos && (text[start] == '{' || text[start] == '[');
  Collected read = like_json ? read_json_or_yaml(*source, limits) : YamlStream(*source, limits).read();
  result.documents.reserve(read.values.size());
  for (Placed& placed : read.values) {
    result.documents.emplace_back(std::move(placed.value), source, read.places, placed.place);
  }
  result.problems = std::move(read.problems);
  std::stable_sort(result.problems.begin(), result.problems.end(),
                   [](const Problem& a, const Problem& b) { return a.span.begin < b.span.begin; });
  return result;
}

}  // namespace

ReadResult read_documents(const std::shared_ptr<const SourceText>& source, const Limits& limits) {
  try {
    return read_all(source, limits);
  } catch (const std::exception& error) {
    ReadResult failed;
    failed.problems.push_back({ProblemKind::kUnparsable, std::string("cannot be read: ") + error.what(), "", {}});
    return failed;
  }
}

base::Result<Document> read_single(const std::shared_ptr<const SourceText>& source, const Limits& limits) {
  ReadResult read = read_documents(source, limits);
  const auto place = [&](std::size_t offset) {
    const Position position = source->position(offset);
    return source->name() + ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
  };
  if (!read.problems.empty()) {
    const Problem& problem = read.problems.front();
    return base::Error{place(problem.span.begin) + problem.message + (problem.help.empty() ? "" : "; " + problem.help)};
  }
  if (read.documents.empty()) {
    return base::Error{place(0) + "no document; expected exactly one"};
  }
  if (read.documents.size() > 1) {
    const std::optional<Span> second = read.documents[1].value_span("");
    return base::Error{place(second ? second->begin : 0) + "a second document; expected exactly one"};
  }
  return std::move(read.documents.front());
}

}  // namespace warmgate::document
