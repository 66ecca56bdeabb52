// Recognizing Helm templates that were not rendered, and leaving alone what only looks like them: Jinja chat templates,
// Argo parameters, alerting templates inside block scalars. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "warmgate/document/read.h"

namespace warmgate::document {

// True when the string `value` holds a Helm action ("{{ .Values.x }}", "{{- if …", "{{ include …"). A string of several
// lines does not count: it is a file inside the object and may be a template of its own.
bool holds_helm_action(std::string_view value);

// Where a text that is not YAML shows that it is a template, or npos: the first "{{" up to `failed_at`'s line, or a
// Helm action anywhere, both outside `strings` (spans of strings already read, in the order of the text).
std::size_t find_template_mark(std::string_view text, std::size_t failed_at, const std::vector<Span>& strings);

Problem needs_rendering(std::size_t at);

}  // namespace warmgate::document
