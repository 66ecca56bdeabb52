#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cache_commands.h"
#include "cache_manifest.h"
#include "warmgate/controller/plan.h"

namespace warmgate::cli {
namespace {

// Another one than the controller's: what a person has set stays hers.
constexpr const char* kFieldManager = "warmgate-cli";

struct CreateOptions {
  ClusterOptions cluster;
  CacheManifest manifest;
  std::string model;
  std::string token;
  bool apply = false;
};

int run_create(const CreateOptions& options) {
  CacheManifest manifest = options.manifest;
  base::Result<PinnedModel> model = parse_pinned_model(options.model);
  if (!model) {
    return fail(model.error().message);
  }
  manifest.model = std::move(model).value();
  if (!options.token.empty()) {
    base::Result<api::SecretKey> token = parse_secret(options.token);
    if (!token) {
      return fail("--token-secret: " + token.error().message);
    }
    manifest.token = std::move(token).value();
  }
  if (!options.apply) {
    const base::Result<document::Json> object = to_model_cache(manifest);
    return object ? print(manifest_text(*object), kClean) : fail(object.error().message);
  }
  const base::Result<CommandClient> client = connect_command(options.cluster);
  if (!client) {
    return fail(client.error().message);
  }
  manifest.ns = manifest.ns.empty() ? client->ns : manifest.ns;
  const base::Result<document::Json> object = to_model_cache(manifest);
  return object ? apply_model_cache(*client, *object) : fail(object.error().message);
}

}  // namespace

int apply_model_cache(const CommandClient& client, const document::Json& model_cache) {
  const std::string ns = model_cache["metadata"]["namespace"];
  const std::string name = model_cache["metadata"]["name"];
  const auto applied = client.api->patch(controller::model_caches(), ns, name, cluster::PatchType::kApply, model_cache,
                                         {"", kFieldManager, false});
  if (!applied) {
    return fail(applied.error().message);
  }
  return print("ModelCache/" + name + " is applied in namespace " + ns + "; see it with: warmgate cache status " +
                   name + " -n " + ns + " --watch\n",
               kClean);
}

void add_cache_create(CLI::App& cache, Run& run) {
  auto options = std::make_shared<CreateOptions>();
  CacheManifest& manifest = options->manifest;
  CLI::App* command = cache.add_subcommand(
      "create",
      "Write a ModelCache: one model at one commit on a claim. The Hub is not asked.\n"
      "\n"
      "  warmgate cache create Qwen/Qwen3-32B@9216db5781bf21249d130ec9da846c4624c16137 --claim model-cache\n"
      "  warmgate cache create ORG/MODEL@COMMIT --storage-class standard-rwx --size 200Gi -n llm --apply\n"
      "  warmgate cache create ORG/MODEL@COMMIT --token-secret hf-token | kubectl apply -f -\n"
      "\n"
      "Without --claim a claim is made for it. The commit of a model's main branch:\n"
      "  git ls-remote https://huggingface.co/ORG/MODEL HEAD");
  command->add_option("model", options->model, "Repository and full commit")->type_name("REPO@COMMIT")->required();
  command->add_option("--name", manifest.name, "Name of the ModelCache; without it one made of repository and commit")
      ->type_name("NAME")
      ->check(object_name_mistake);
  command->add_option("-n,--namespace", manifest.ns, "Its namespace, which is that of the Pods that use it")
      ->type_name("NAME")
      ->check(object_name_mistake);
  CLI::Option* claim = command->add_option("--claim", manifest.claim, "A PersistentVolumeClaim that is there")
                           ->type_name("NAME")
                           ->check(object_name_mistake);
  command->add_option("--storage-class", manifest.storage_class, "StorageClass of a claim that is made for it")
      ->type_name("NAME")
      ->check(object_name_mistake)
      ->excludes(claim);
  command->add_option("--size", manifest.size, "Size of that claim; without it 1.5 times the model's size, rounded up")
      ->type_name("QUANTITY")
      ->excludes(claim);
  command->add_option("--token-secret", options->token, "Secret with a token for the Hub, and its key (HF_TOKEN)")
      ->type_name("NAME[:KEY]");
  command->add_option("--mount-path", manifest.mount_path, "HF_HOME of those that use it (/cache/huggingface)")
      ->type_name("PATH");
  CLI::Option* apply = command->add_flag("--apply", options->apply, "Apply it to the cluster instead of printing it");
  add_connection_options(*command, options->cluster);
  for (const char* option : {"--kubeconfig", "--context"}) {
    command->get_option(option)->needs(apply);
  }
  command->callback([options, &run] { run = [options] { return run_create(*options); }; });
}

}  // namespace warmgate::cli
