// One verdict at every face: each judged object of every fixture is posted over TLS to a server with the real handler,
// the other documents of its file as facts; what the webhooks say together is what the linter says about that object.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "fixtures/fixture.h"
#include "server/certificates.h"
#include "server/client.h"
#include "support/paths.h"
#include "support/review.h"
#include "support/world.h"
#include "warmgate/admission/handler.h"
#include "warmgate/base/text.h"
#include "warmgate/engine/judge.h"
#include "warmgate/lint/linter.h"
#include "warmgate/server/https_server.h"

namespace warmgate::testing {
namespace {

using document::Json;

// "deny WG101 container …": what both faces can say about an object.
using Findings = std::multiset<std::string>;

std::string_view action_of(lint::Severity severity) {
  return severity == lint::Severity::kError ? "deny" : severity == lint::Severity::kWarning ? "warn" : "audit";
}

// Cuts "deny: a; warn: b" into "deny: a" and "warn: b": messages may hold a "; " themselves.
std::vector<std::string> split_annotation(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t at = text.find("; "); at != std::string::npos; at = text.find("; ", at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at + 2);
    if (rest.starts_with("deny: ") || rest.starts_with("warn: ") || rest.starts_with("audit: ")) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at + 2;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// Answers of the hooks about one object, collected; without what is no finding: which ModelCache Pods will wait for.
struct Answers {
  bool denied = false;
  Findings audit;     // from the annotations: everything, with its action
  Findings denials;   // the numbered lines of the message
  Findings warnings;  // as sent

  void add(const Json& response) {
    const Json annotations = response.value("auditAnnotations", Json::object());
    for (const auto& [rule, text] : annotations.items()) {
      if (rule == "holds") {
        continue;
      }
      for (const std::string& part : split_annotation(text.get<std::string>())) {
        const std::size_t colon = part.find(": ");
        audit.insert(part.substr(0, colon) + " " + rule + " " + part.substr(colon + 2));
      }
    }
    const std::string holds = annotations.value("holds", "");
    for (const Json& warning : response.value("warnings", Json::array())) {
      const auto text = warning.get<std::string>();
      if (holds.find(text) == std::string::npos) {
        warnings.insert(text);
      }
    }
    if (response["allowed"] == false) {
      denied = true;
      for (const std::string_view line :
           base::split(response["status"]["message"].get_ref<const std::string&>(), '\n')) {
        const std::size_t dot = line.find(". WG");
        if (dot != std::string_view::npos && line.substr(0, dot).find_first_not_of("0123456789") == line.npos) {
          denials.emplace(line.substr(dot + 2));
        }
      }
    }
  }
};

// The same three sets from the linter's report.
Answers expected_answers(const lint::Report& report, const std::string& object) {
  Answers out;
  for (const lint::Diagnostic& diagnostic : report.diagnostics) {
    if (diagnostic.object != object) {
      continue;
    }
    out.audit.insert(std::string(action_of(diagnostic.severity)) + " " + diagnostic.rule + " " + diagnostic.message);
    const std::string line = diagnostic.rule + " " + diagnostic.slug + ": " + diagnostic.message;
    if (diagnostic.severity == lint::Severity::kError) {
      out.denied = true;
      out.denials.insert(line);
    } else if (diagnostic.severity == lint::Severity::kWarning) {
      constexpr std::size_t kMaxWarning = 4096;  // whole: no fixture has more than the API server shows
      out.warnings.insert(base::one_line(line + " (" + diagnostic.help + ")", kMaxWarning));
    }
  }
  return out;
}

class Webhook {
 public:
  explicit Webhook(const std::vector<kube::Object>& known)
      : facts_(std::make_shared<const kube::BundleFacts>(known)),
        settings_(std::make_shared<const admission::Settings>(admission::Settings{knowledge(), policy_in(known)})),
        handler_([this] { return settings_; }, [this] { return facts_; }) {
    certificates_.make_pair("serving", 24L * 3600);
    server::HttpsOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.certificate_file = certificates_.path("serving.crt");
    options.key_file = certificates_.path("serving.key");
    options.workers = 2;
    for (const admission::Hook hook : {admission::Hook::kValidate, admission::Hook::kMutate}) {
      options.routes["/" + std::string(admission::to_string(hook))] = [this, hook](std::string_view body) {
        admission::Outcome outcome = handler_.handle(hook, body);
        return server::HttpReply{outcome.http_status, std::move(outcome.body)};
      };
    }
    options.refuse = [](int status, const std::string& reason) { return server::HttpReply{status, reason}; };
    auto created = server::HttpsServer::create(std::move(options), metrics_);
    EXPECT_TRUE(created.ok()) << created.error().message;
    server_ = std::move(created).value();
    server_->start();
    client_ = std::make_unique<server::test::Client>(server::test::Client::tls(server_->port()));
  }

  Json ask(const std::string& path, const Json& object, const std::string& ns) {
    const server::test::Reply reply = client_->post(path, review({.object = object, .ns = ns}));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::parse(reply.body)["response"];
  }

 private:
  std::shared_ptr<const kube::ClusterFacts> facts_;
  std::shared_ptr<const admission::Settings> settings_;
  admission::Handler handler_;
  server::test::CertificateFolder certificates_;
  server::Metrics metrics_;
  std::unique_ptr<server::HttpsServer> server_;
  std::unique_ptr<server::test::Client> client_;
};

// As kube-apiserver does it: a mutated Pod goes on to the validating hook as it became; other kinds go there unchanged.
Answers answers_of(Webhook& webhook, const kube::Object& object) {
  Answers answers;
  Json value = object.document().value();
  const std::string ns = object.key().ns.empty() ? "default" : object.key().ns;
  const Json mutation = webhook.ask("/mutate", value, ns);
  if (object.is("", "Pod")) {
    answers.add(mutation);
    value = patched(value, mutation);
  } else {
    EXPECT_EQ(mutation, Json({{"uid", kUid}, {"allowed", true}}));
  }
  if (!answers.denied) {
    answers.add(webhook.ask("/validate", value, ns));
  }
  return answers;
}

// Their point is text that is no manifest: no request could ever carry it. (WG006 is about objects, so it is compared.)
bool about_unreadable_text(const Fixture& fixture) {
  constexpr std::array<std::string_view, 5> kRules = {"WG001", "WG002", "WG003", "WG004", "WG005"};
  return std::find(kRules.begin(), kRules.end(), fixture.rule) != kRules.end() && fixture.name.starts_with("fail.");
}

// Returns how many objects were compared.
std::size_t compare(const lint::Inputs& inputs) {
  const lint::Bundle bundle = lint::read_bundle(inputs, {}, {});
  const lint::Report report = lint::lint(inputs, bundle, knowledge(), policy_in(bundle.objects), {});
  Webhook webhook(bundle.objects);
  std::size_t compared = 0;
  for (const kube::Object& object : bundle.objects) {
    if (!engine::is_judged(object, knowledge().kinds)) {
      continue;
    }
    const Answers expected = expected_answers(report, object.display_name());
    const Answers answers = answers_of(webhook, object);
    EXPECT_EQ(answers.denied, expected.denied) << object.display_name();
    EXPECT_EQ(answers.audit, expected.audit) << object.display_name();
    EXPECT_EQ(answers.denials, expected.denials) << object.display_name();
    EXPECT_EQ(answers.warnings, expected.warnings) << object.display_name();
    ++compared;
  }
  return compared;
}

lint::Inputs inputs_of(const std::vector<std::string>& paths) {
  lint::Inputs inputs;
  for (const std::string& path : paths) {
    inputs.texts.push_back(std::make_shared<document::SourceText>(path, read_file(path)));
  }
  return inputs;
}

class Parity : public ::testing::TestWithParam<Fixture> {};

TEST_P(Parity, WebhooksSayWhatTheLinterSays) {
  const std::size_t compared = compare(inputs_of({GetParam().path}));
  EXPECT_GT(compared + (about_unreadable_text(GetParam()) ? 1 : 0), 0U);
}

INSTANTIATE_TEST_SUITE_P(Rules, Parity, ::testing::ValuesIn(all_fixtures()),
                         [](const auto& test) { return test_name(test.param); });

TEST(ParityOfThePattern, TogetherAndFileByFile) {
  const std::string folder = source_dir() + "/test/pattern/";
  const std::vector<std::string> all = {folder + "pvc.yaml", folder + "job.yaml", folder + "deployment.yaml"};
  EXPECT_EQ(compare(inputs_of(all)), 3U);
  for (const std::string& path : all) {
    EXPECT_EQ(compare(inputs_of({path})), 1U);
  }
}

TEST(ParityOfPods, ThatInjectionMends) {
  const std::vector<std::string> pods = {
      pod("args: [--model, Qwen/Qwen3-32B]"),
      pod("command: [sh, -c], args: [\"exec vllm serve Qwen/Qwen3-32B\"]"),
      pod("args: [--model, Qwen/Qwen3-32B], env: [{name: HF_HOME, value: /root/hf}]"),
      pod("args: [--model, Qwen/Qwen3-32B], env: [{name: HF_TOKEN, value: " + kToken + "}]"),
      pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kOtherCommit + "]"),
      pod("args: [--model, Qwen/Qwen3-32B, --tokenizer, a/b]"),
      pod("args: [--model, Qwen/Qwen3-32B]", "", false),
  };
  for (const std::string& text : pods) {
    lint::Inputs inputs;
    inputs.texts.push_back(std::make_shared<document::SourceText>("pod.yaml", text + model_cache()));
    EXPECT_EQ(compare(inputs), 2U) << text;
  }
}

}  // namespace
}  // namespace warmgate::testing
