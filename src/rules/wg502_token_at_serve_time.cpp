#include <algorithm>
#include <map>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/secrets.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

// Read from a claim that somebody else fills: a path on it, or a commit behind a read-only mount.
bool is_local(const ModelUse& use) {
  return use.verb == models::Verb::kServe && use.verifiable() && use.cache.on_claim() &&
         (use.store == "path" || (use.pinned() && use.cache.mount->read_only));
}

struct Token {
  std::string what;  // HF_TOKEN, or Secret "hf-token-secret"
  document::View at;
};

bool is_token_secret(const std::string& name) {
  const std::string lower = base::to_lower(name);
  return lower.find("token") != std::string::npos &&
         (lower.find("hf") != std::string::npos || lower.find("hugging") != std::string::npos);
}

// A literal one is another mistake.
std::optional<Token> token_of(const kube::Container& container) {
  for (const document::View& entry : container.view["env"].items()) {
    const std::string name = entry["name"].text();
    if (kube::is_token_variable(name) && entry["valueFrom"]["secretKeyRef"].is_object()) {
      return Token{name, entry["name"]};
    }
  }
  for (const document::View& source : container.view["envFrom"].items()) {
    const document::View name = source["secretRef"]["name"];
    if (is_token_secret(name.text())) {
      return Token{"Secret \"" + name.text() + "\"", name};
    }
  }
  return std::nullopt;
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    std::map<std::string, const ModelUse*> workers;  // nullptr: loads something from elsewhere as well
    for (const ModelUse& use : reading.uses) {
      const auto [worker, first] = workers.emplace(use.container, &use);
      if (!is_local(use)) {
        worker->second = nullptr;
      }
    }
    for (const auto& [name, use] : workers) {
      const kube::Container* container = use != nullptr ? reading.containers.find(name) : nullptr;
      const std::optional<Token> token = container != nullptr ? token_of(*container) : std::nullopt;
      if (!token) {
        continue;
      }
      findings.push_back({.rule = "WG502",
                          .message = container_label(*use) + " gets " + token->what + ", but serves " + use->repo +
                                     " from claim \"" + use->cache.volume->claim +
                                     "\": nothing is downloaded, so no token is needed",
                          .help = "remove it from the server; only the download Job needs the token. HF_HUB_OFFLINE=1 "
                                  "makes sure that nothing is asked for",
                          .container = name,
                          .subject = token->what,
                          .location = {token->at.pointer(), 0, 0, false},
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG502_TokenAtServeTime = {
    .info = {.id = "WG502",
             .slug = "token-at-serve-time",
             .default_action = api::Action::kAudit,
             .summary = "a server whose models lie on a claim carries a Hugging Face token it does not need",
             .why =
                 "The token opens every gated and private repository of its owner. A server that is reachable from "
                 "outside and runs model code is the last place where it should lie, and with the weights on disk it "
                 "is of no use there.",
             .bad = "containers:\n  - name: vllm      # weights pinned, cache mounted read-only\n"
                    "    envFrom: [{secretRef: {name: hf-token-secret}}]\n",
             .good = "containers:\n  - name: vllm\n    env: [{name: HF_HUB_OFFLINE, value: \"1\"}]\n",
             .misses =
                 "Secrets in envFrom whose name does not tell that they hold such a token, tokens in files, and what "
                 "else a container does with its token. Literal tokens are WG501."},
    .check = check,
};

}  // namespace warmgate::rules
