#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cache_adoption.h"
#include "cache_commands.h"
#include "warmgate/controller/plan.h"

namespace warmgate::cli {
namespace {

struct AdoptOptions {
  ClusterOptions cluster;
  Adoption adoption;
  std::string name;
  std::string ns;
  std::string model;
  bool apply = false;
};

// Of a namespace: those that are ours and those that mount other claims too.
base::Result<std::vector<kube::Object>> read_jobs(cluster::KubeApi& api, const std::string& ns) {
  std::vector<kube::Object> jobs;
  cluster::ListOptions options;
  options.ns = ns;
  options.on_restart = [&] { jobs.clear(); };
  const auto listed = api.list(controller::jobs(), options,
                               [&](document::Json&& job) { jobs.emplace_back(document::Document(std::move(job))); });
  if (!listed) {
    return base::Error{listed.error().message};
  }
  return jobs;
}

base::Result<CacheManifest> find_model(const CommandClient& client, const Adoption& adoption, const std::string& ns) {
  const auto claim = client.api->get(controller::claims(), ns, adoption.claim);
  if (!claim) {
    return base::Error{claim.error().message};
  }
  const base::Result<std::vector<kube::Object>> jobs = read_jobs(*client.api, ns);
  if (!jobs) {
    return jobs.error();
  }
  const base::Result<models::Knowledge> knowledge = models::Knowledge::built_in();
  if (!knowledge) {
    return knowledge.error();
  }
  return adopt(adoption, *jobs, *knowledge);
}

int run_adopt(const AdoptOptions& options) {
  Adoption adoption = options.adoption;
  if (!options.model.empty()) {
    base::Result<PinnedModel> model = parse_pinned_model(options.model);
    if (!model) {
      return fail(model.error().message);
    }
    adoption.model = std::move(model).value();
  }
  const base::Result<CommandClient> client = connect_command(options.cluster);
  if (!client) {
    return fail(client.error().message);
  }
  const std::string ns = options.ns.empty() ? client->ns : options.ns;
  base::Result<CacheManifest> manifest = find_model(*client, adoption, ns);
  if (!manifest) {
    return fail(manifest.error().message);
  }
  manifest.value().name = options.name;
  manifest.value().ns = ns;
  const base::Result<document::Json> object = to_model_cache(*manifest);
  if (!object) {
    return fail(object.error().message);
  }
  if (!manifest->run_as_user) {
    say("the Job says no runAsUser, so the files belong to the user of its image; give that one as " +
        std::string("spec.download.runAsUser to another ModelCache that is downloaded to this claim (root: 0)"));
  }
  return options.apply ? apply_model_cache(*client, *object) : print(manifest_text(*object), kClean);
}

}  // namespace

void add_cache_adopt(CLI::App& cache, Run& run) {
  auto options = std::make_shared<AdoptOptions>();
  CLI::App* command = cache.add_subcommand(
      "adopt",
      "Write the ModelCache of what a Job of your own has downloaded to a claim. The controller takes the completed\n"
      "Job for the download, so nothing is downloaded again; keep the Job until the ModelCache is Ready.\n"
      "\n"
      "  warmgate cache adopt --claim model-cache -n llm             prints it, to look at\n"
      "  warmgate cache adopt --claim model-cache -n llm --apply     makes it\n"
      "\n"
      "The Job must have completed, at a full commit, all files, with HF_HOME at the claim's mount. Mount path, uid, "
      "fsGroup\n"
      "and the token's Secret are taken over from it.");
  command->add_option("model", options->model, "Of several models on the claim this one")->type_name("REPO@COMMIT");
  command->add_option("--claim", options->adoption.claim, "The PersistentVolumeClaim")
      ->type_name("NAME")
      ->check(object_name_mistake)
      ->required();
  command->add_option("--job", options->adoption.job, "Of several Jobs this one")
      ->type_name("NAME")
      ->check(object_name_mistake);
  command->add_option("--name", options->name, "Name of the ModelCache; without it one made of repository and commit")
      ->type_name("NAME")
      ->check(object_name_mistake);
  command->add_option("-n,--namespace", options->ns, "Namespace of claim, Job and ModelCache; that of the kubeconfig")
      ->type_name("NAME")
      ->check(object_name_mistake);
  command->add_flag("--apply", options->apply, "Apply it to the cluster instead of printing it");
  add_connection_options(*command, options->cluster);
  command->callback([options, &run] { run = [options] { return run_adopt(*options); }; });
}

}  // namespace warmgate::cli
