// The users of a kubeconfig: how they make themselves known.
#pragma once

#include <memory>

#include "config_node.h"
#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/credentials.h"

namespace warmgate::cluster {

// `cluster` is handed to exec plugins that ask for it; they may run for `plugin_limit`. Clock must outlive the source.
base::Result<std::shared_ptr<CredentialSource>> user_credentials(const ConfigNode& user, const ConfigNode& cluster,
                                                                 std::chrono::milliseconds plugin_limit, Clock& clock);

}  // namespace warmgate::cluster
