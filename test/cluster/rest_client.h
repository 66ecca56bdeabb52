// A RestClient over a FakeHttp.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "cluster/fakes.h"
#include "warmgate/cluster/rest_client.h"

namespace warmgate::cluster::test {

inline const Resource kPods{"", "v1", "pods", "Pod", true};
inline const Resource kVolumes{"", "v1", "persistentvolumes", "PersistentVolume", false};
inline const Resource kDeployments{"apps", "v1", "deployments", "Deployment", true};

class RestClientTest : public ::testing::Test {
 protected:
  RestClient client(std::deque<std::string> tokens = {"t1"}, RestOptions options = {}) {
    Connection connection;
    connection.origin = "context test";
    connection.credentials = std::make_shared<FakeCredentials>(std::move(tokens));
    connection.path_prefix = prefix_;
    return {http_, std::move(connection), clock_, options};
  }

  std::string prefix_;
  std::shared_ptr<FakeHttp> http_ = std::make_shared<FakeHttp>();
  FakeClock clock_;
};

}  // namespace warmgate::cluster::test
