// The users of a kubeconfig: how they make themselves known.
#pragma once

#include <memory>

#include "config_node.h"
#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/credentials.h"

namespace warmgate::cluster {

// `cluster` is handed to exec plugins that ask for it. Clock must outlive the source.
base::Result<std::shared_ptr<CredentialSource>> user_credentials(const ConfigNode& user, const ConfigNode& cluster,
                                                                 Clock& clock);

}  // namespace warmgate::cluster
