#include "rights.h"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "warmgate/api/model_cache_spec.h"
#include "warmgate/base/text.h"

namespace warmgate::admission {
namespace {

using document::Json;
using document::View;
using kube::Access;

constexpr std::size_t kMaxName = 253;
// One question is bounded by a second (cli/cluster_access.cpp), the webhook's entry waits five.
constexpr std::chrono::seconds kPatience{3};
// More Secrets than that are asked about together: who may read them all.
constexpr std::size_t kMaxSecrets = 8;

const Access kJobs{"create", "batch", "jobs", ""};
const Access kClaims{"create", "", "persistentvolumeclaims", ""};
const Access kAnySecret{"get", "", "secrets", ""};

// Fields that change no download: whoever may run Jobs may change them.
Json without_switches(const kube::Object& cache) {
  Json spec = cache.document().value().value("spec", Json::object());
  if (spec.is_object()) {
    for (const char* name : {"suspend", "verify", "reclaimPolicy"}) {
      spec.erase(name);
    }
  }
  return spec;
}

Json storage_of(const kube::Object& cache) {
  const View storage = cache.root()["spec"]["storage"];
  return storage ? *storage.json() : Json();
}

// Asks, and stops at the first answer that ends it.
class Questions {
 public:
  Questions(const Request& request, const AccessSource& may)
      : request_(request), may_(may), deadline_(std::chrono::steady_clock::now() + kPatience) {}

  // nullopt: there is no answer, and why is in the verdict.
  std::optional<bool> ask(const Access& access) {
    if (std::chrono::steady_clock::now() > deadline_) {
      verdict_.failure = "the API server takes too long to say who may do what";
      return std::nullopt;
    }
    const base::Result<bool> answer = may_(request_.requester, request_.ns, access);
    if (!answer) {
      verdict_.failure = answer.error().message;
      return std::nullopt;
    }
    return *answer;
  }

  // False when that ends it.
  bool need(const Access& access) {
    const std::optional<bool> answer = ask(access);
    if (answer == false) {
      verdict_.missing.push_back(access);
    }
    return answer == true;
  }

  void need_secrets(const std::vector<std::string>& names) {
    if (names.size() > 1) {
      const std::optional<bool> all = ask(kAnySecret);
      if (!all || *all) {
        return;
      }
    }
    if (names.size() > kMaxSecrets) {
      verdict_.missing.push_back(kAnySecret);
      return;
    }
    for (const std::string& name : names) {
      need({kAnySecret.verb, kAnySecret.group, kAnySecret.resource, name});
      if (!verdict_.failure.empty()) {
        return;
      }
    }
  }

  [[nodiscard]] const RightsVerdict& verdict() const { return verdict_; }

 private:
  const Request& request_;
  const AccessSource& may_;
  std::chrono::steady_clock::time_point deadline_;
  RightsVerdict verdict_;
};

}  // namespace

bool asks_for_rights(const Request& request) {
  if (!request.object || !api::is_model_cache(*request.object) || !request.sub_resource.empty()) {
    return false;
  }
  return request.operation == "CREATE" ||
         (request.operation == "UPDATE" &&
          (!request.old_object || request.object->document().value().value("spec", Json()) !=
                                      request.old_object->document().value().value("spec", Json())));
}

RightsVerdict check_rights(const Request& request, const AccessSource& may) {
  const std::optional<api::ModelCacheSpec> spec = api::read_model_cache_spec(*request.object);
  if (!spec) {
    return {};  // the schema's refusal
  }
  Questions questions(request, may);
  const bool same_download =
      request.old_object && without_switches(*request.object) == without_switches(*request.old_object);
  if (!questions.need(kJobs) || same_download) {
    return questions.verdict();
  }
  const bool new_claim =
      spec->create && (!request.old_object || storage_of(*request.object) != storage_of(*request.old_object));
  if (new_claim && !questions.need(kClaims)) {
    return questions.verdict();
  }
  questions.need_secrets(api::used_secrets(*spec));
  return questions.verdict();
}

std::string missing_rights(const Request& request, const std::vector<Access>& missing) {
  const std::string who = base::one_line(request.requester.user, kMaxName);
  std::string out = "Warmgate refuses " + base::one_line(request.object->display_name(), kMaxName) +
                    ": the controller would do for you what " + who + " may not do in namespace " + request.ns;
  std::size_t number = 0;
  for (const Access& access : missing) {
    const std::string what = base::one_line(kube::to_string(access), kMaxName);
    out.append("\n").append(std::to_string(++number)).append(". ").append(what);
    out.append("\n   check: kubectl auth can-i ").append(what).append(" --namespace ").append(request.ns);
  }
  return out + "\n   fix: ask an administrator of the namespace for " + (missing.size() == 1 ? "this right" : "these") +
         " (a Role and a RoleBinding), or have somebody apply the ModelCache who has " +
         (missing.size() == 1 ? "it" : "them");
}

}  // namespace warmgate::admission
