// Exec plugins: programs that print credentials (aws eks get-token, gke-gcloud-auth-plugin), by the API
// client.authentication.k8s.io/v1 and v1beta1. Their answers are kept until they expire or are refused.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "child_process.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/credentials.h"
#include "warmgate/document/json.h"

namespace warmgate::cluster {

struct ExecPlugin {
  std::string api_version;  // "client.authentication.k8s.io/v1" or ".../v1beta1"
  ChildProgram program;     // without KUBERNETES_EXEC_INFO
  std::string install_hint;
  std::shared_ptr<const document::Json> cluster;  // spec.cluster of its input; nullptr: not asked for
};

// Runs the program when credentials are needed; callers wait for each other then, for at most program.limit.
// `identity` goes with tokens of a plugin that gives no certificate; `clock` must outlive the source.
std::unique_ptr<CredentialSource> exec_credentials(ExecPlugin plugin, Credentials fallback, Clock& clock);

}  // namespace warmgate::cluster
