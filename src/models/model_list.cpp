#include "model_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"

namespace warmgate::models {
namespace {

using document::View;

// `text`, a part of `word`.
Word part_of(const Word& word, std::string_view text) {
  Word part = word;
  part.text = std::string(text);
  if (part.text != word.text) {
    part.location.offset = 0;
    part.location.length = 0;
  }
  return part;
}

std::vector<Word> split(const Word& word, const std::string& separator) {
  if (separator.empty() || !word.known) {
    return {word};
  }
  std::vector<Word> parts;
  for (const std::string_view part : base::split(word.text, separator.front())) {
    if (const std::string_view text = base::trim(part); !text.empty()) {
      parts.push_back(part_of(word, text));
    }
  }
  return parts;
}

void add_json(const ModelList& list, const Word& word, const View& value, std::vector<ListedModel>& out) {
  if (value.is_string()) {
    out.push_back({part_of(word, value.text()), std::nullopt});
    return;
  }
  for (const View& item : value.items()) {
    add_json(list, word, item, out);
  }
  for (const std::string& path : list.json_paths) {
    if (const std::optional<std::string> model = value[path].string()) {
      out.push_back({part_of(word, *model), std::nullopt});
      return;
    }
  }
  for (const auto& [name, member] : list.json_values ? value.members() : std::vector<std::pair<std::string, View>>()) {
    add_json(list, word, member, out);
  }
}

bool is_json(const ModelList& list, const Word& word) {
  return word.known && (!list.json_paths.empty() || list.json_values) &&
         (word.text.starts_with('{') || word.text.starts_with('['));
}

ListedModel one(const ModelList& list, const Word& word) {
  ListedModel out{word, std::nullopt};
  const std::size_t equals = word.text.find('=');
  if (list.named && word.known && equals != std::string::npos) {
    out.model = part_of(word, std::string_view(word.text).substr(equals + 1));
  }
  const std::size_t mark = list.revision_mark.empty() ? std::string::npos : out.model.text.find(list.revision_mark);
  if (out.model.known && mark != std::string::npos) {
    out.revision = part_of(word, std::string_view(out.model.text).substr(mark + list.revision_mark.size()));
    out.model = part_of(word, std::string_view(out.model.text).substr(0, mark));
  }
  return out;
}

}  // namespace

std::vector<ListedModel> take_apart(const ModelList& list, const std::vector<Word>& words,
                                    const std::vector<Word>& revisions) {
  std::vector<ListedModel> out;
  for (const Word& word : words) {
    if (is_json(list, word)) {
      if (const base::Result<document::Json> json = document::parse_json(word.text, {})) {
        add_json(list, word, View(*json), out);
      }
      continue;
    }
    for (const Word& part : split(word, list.separator)) {
      out.push_back(one(list, part));
    }
  }
  std::vector<Word> paired;
  for (const Word& word : list.paired_revisions ? revisions : std::vector<Word>()) {
    const std::vector<Word> parts = split(word, list.separator);
    paired.insert(paired.end(), parts.begin(), parts.end());
  }
  for (std::size_t i = 0; i < std::min(out.size(), paired.size()); ++i) {
    out[i].revision = paired[i];
  }
  return out;
}

}  // namespace warmgate::models
