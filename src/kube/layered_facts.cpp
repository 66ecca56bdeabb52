#include "warmgate/kube/layered_facts.h"

#include <algorithm>
#include <utility>

#include "warmgate/kube/workload.h"

namespace warmgate::kube {
namespace {

// `same` tells whether an object of `second` is already among `first`.
template <class Item, class Same>
std::vector<Item> merged(std::vector<Item> first, const std::vector<Item>& second, const Same& same) {
  const std::size_t known = first.size();
  for (const Item& object : second) {
    const auto end = first.begin() + static_cast<std::ptrdiff_t>(known);
    if (std::none_of(first.begin(), end, [&](const Item& other) { return same(other, object); })) {
      first.push_back(object);
    }
  }
  return first;
}

bool same_key(const Object& a, const Object& b) { return same_object(a.key(), b.key()); }

std::optional<Object> either(std::optional<Object> first, std::optional<Object> second) {
  return first ? std::move(first) : std::move(second);
}

struct Owned {
  Owned(std::shared_ptr<const ClusterFacts> the_first, std::shared_ptr<const ClusterFacts> the_second)
      : first(std::move(the_first)), second(std::move(the_second)), facts(*first, *second) {}
  std::shared_ptr<const ClusterFacts> first;
  std::shared_ptr<const ClusterFacts> second;
  LayeredFacts facts;
};

}  // namespace

std::shared_ptr<const ClusterFacts> layered(std::shared_ptr<const ClusterFacts> first,
                                            std::shared_ptr<const ClusterFacts> second) {
  const auto owned = std::make_shared<const Owned>(std::move(first), std::move(second));
  return {owned, &owned->facts};
}

std::optional<Object> LayeredFacts::claim(std::string_view ns, std::string_view name) const {
  return either(first_.claim(ns, name), second_.claim(ns, name));
}

bool LayeredFacts::has_claims(std::string_view ns) const { return first_.has_claims(ns) || second_.has_claims(ns); }

std::optional<Object> LayeredFacts::persistent_volume(const Object& claim) const {
  return either(first_.persistent_volume(claim), second_.persistent_volume(claim));
}

std::optional<Object> LayeredFacts::storage_class(std::string_view name) const {
  return either(first_.storage_class(name), second_.storage_class(name));
}

std::vector<Object> LayeredFacts::workloads_on_claim(std::string_view ns, std::string_view claim) const {
  // A Deployment of the first stands for its Pods in the second, which still run its old template.
  return merged(first_.workloads_on_claim(ns, claim), second_.workloads_on_claim(ns, claim), same_workload);
}

std::optional<Object> LayeredFacts::workload(const ObjectKey& key) const {
  return either(first_.workload(key), second_.workload(key));
}

std::vector<Object> LayeredFacts::autoscalers_of(const ObjectKey& target) const {
  return merged(first_.autoscalers_of(target), second_.autoscalers_of(target), same_key);
}

std::vector<TemplateUser> LayeredFacts::template_users(const ObjectKey& owner) const {
  return merged(first_.template_users(owner), second_.template_users(owner),
                [](const TemplateUser& a, const TemplateUser& b) { return same_key(a.object, b.object); });
}

std::vector<Object> LayeredFacts::model_caches(std::string_view ns) const {
  return merged(first_.model_caches(ns), second_.model_caches(ns), same_key);
}

std::vector<std::string> LayeredFacts::secret_namespaces(std::string_view name) const {
  std::vector<std::string> out = first_.secret_namespaces(name);
  const std::vector<std::string> more = second_.secret_namespaces(name);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::optional<Object> LayeredFacts::config_map(std::string_view ns, std::string_view name) const {
  return either(first_.config_map(ns, name), second_.config_map(ns, name));
}

std::optional<Object> LayeredFacts::device_claim(const ObjectKey& key) const {
  return either(first_.device_claim(key), second_.device_claim(key));
}

std::vector<FactsDoubt> LayeredFacts::doubts() const {
  std::vector<FactsDoubt> doubts = first_.doubts();
  const std::vector<FactsDoubt> more = second_.doubts();
  doubts.insert(doubts.end(), more.begin(), more.end());
  return doubts;
}

}  // namespace warmgate::kube
