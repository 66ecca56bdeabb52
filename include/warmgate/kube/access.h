// Who wants to do what, as the API server's authorizer is asked (authorization.k8s.io SubjectAccessReview). Plain
// values.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace warmgate::kube {

// As userInfo of an AdmissionReview has it.
struct Subject {
  std::string user;
  std::string uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
};

// In one namespace.
struct Access {
  std::string verb;      // "create"
  std::string group;     // "batch"; "" for the core group
  std::string resource;  // "jobs"
  std::string name;      // "" for all of them
  friend bool operator==(const Access&, const Access&) = default;
};

// "create jobs.batch", "get secrets/hf-token": what `kubectl auth can-i` takes.
std::string to_string(const Access& access);

}  // namespace warmgate::kube
