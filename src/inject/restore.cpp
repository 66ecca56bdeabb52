#include "warmgate/inject/restore.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "holding.h"
#include "patch_builder.h"
#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/document/view.h"
#include "warmgate/inject/inject.h"
#include "warmgate/kube/pod.h"

namespace warmgate::inject {
namespace {

using document::View;

using Values = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;

// "vllm=Qwen/Qwen3-32B@9216db57…,draft=…": the values of flags that injection may have given, by container: revisions,
// and names of models (--served-model-name). What is written otherwise names none.
Values injected_values(const kube::Object& pod) {
  Values out;
  const std::string text = pod.root()["metadata"]["annotations"][kModelsAnnotation].text();
  for (const std::string_view entry : base::split(text, ',')) {
    const std::size_t equals = entry.find('=');
    const std::size_t at = entry.rfind('@');
    if (equals != std::string_view::npos && at != std::string_view::npos && equals < at && at + 1 < entry.size()) {
      std::set<std::string, std::less<>>& values = out[std::string(entry.substr(0, equals))];
      values.emplace(entry.substr(equals + 1, at - equals - 1));
      values.emplace(entry.substr(at + 1));
    }
  }
  return out;
}

// The words of a list of strings; nullopt when it is something else. None are in a list that is not there.
std::optional<std::vector<std::string>> words_of(const View& list) {
  std::vector<std::string> words = list.strings();
  const bool whole = !list || (list.is_array() && words.size() == list.size());
  return whole ? std::optional(std::move(words)) : std::nullopt;
}

// The end of `before` that `after` lacks, when injection can have appended it: pairs of a flag and one of `values`.
std::vector<std::string> cut_off(const View& before, const View& after,
                                 const std::set<std::string, std::less<>>& values) {
  const auto old_words = words_of(before);
  const auto new_words = words_of(after);
  if (!old_words || !new_words || new_words->size() >= old_words->size() ||
      !std::equal(new_words->begin(), new_words->end(), old_words->begin())) {
    return {};
  }
  std::vector<std::string> end(old_words->begin() + static_cast<std::ptrdiff_t>(new_words->size()), old_words->end());
  for (std::size_t i = 0; i < end.size(); i += 2) {
    if (!end[i].starts_with('-') || i + 1 == end.size() || !values.contains(end[i + 1])) {
      return {};
    }
  }
  return end;
}

bool loses_gate(const kube::Object& before, const kube::Object& after) {
  const auto waits = [](const kube::Object& pod) {
    return bool(pod.root()["metadata"]["annotations"][api::kWaitsForAnnotation]);
  };
  return has_gate(before.root()["spec"]) && waits(before) && !has_gate(after.root()["spec"]) && !waits(after);
}

void restore_gate(const kube::Object& before, PatchBuilder& builder) {
  builder.append("/spec/schedulingGates", {{"name", api::kGate}});
  builder.set_member("/metadata/labels", std::string(api::kGatedLabel), "true");
  builder.set_member("/metadata/annotations", std::string(api::kWaitsForAnnotation),
                     before.root()["metadata"]["annotations"][api::kWaitsForAnnotation].text());
}

// The pointer of a list and a word for it, in order.
using Steps = std::vector<std::pair<std::string, std::string>>;

Steps restore_lists(const kube::Object& before, const kube::Object& after, Restoration& out) {
  const Values injected = injected_values(before);
  Steps steps;
  const kube::ContainersByName wanted(after.root()["spec"]);
  for (const kube::Container& stored : kube::containers(before.root()["spec"])) {
    const auto values = injected.find(stored.name());
    const kube::Container* container = values == injected.end() ? nullptr : wanted.find(stored.name());
    if (container == nullptr || container->kind != stored.kind) {
      continue;
    }
    for (const std::string_view list : std::array<std::string_view, 2>{"command", "args"}) {
      const View target = container->view[list];
      std::vector<std::string> words = cut_off(stored.view[list], target, values->second);
      if (words.empty()) {
        continue;
      }
      for (const std::string& word : words) {
        steps.emplace_back(target.pointer(), word);
      }
      out.restored.push_back({stored.name(), std::string(list), std::move(words)});
    }
  }
  return steps;
}

}  // namespace

Restoration plan_restoration(const kube::Object& before, const kube::Object& after) {
  Restoration out;
  const Steps steps = restore_lists(before, after, out);
  out.gate = loses_gate(before, after);
  if (steps.empty() && !out.gate) {
    return out;
  }
  PatchBuilder builder(after.document().value());
  for (const auto& [pointer, word] : steps) {
    builder.append(pointer, word);
  }
  if (out.gate) {
    restore_gate(before, builder);
  }
  out.patch = std::make_shared<const document::Json>(builder.patch());
  return out;
}

}  // namespace warmgate::inject
