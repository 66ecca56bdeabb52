// StorageFacts: what is known of provisioners: which cannot share a volume between nodes, what they bill at least,
// whose sizes nobody enforces. Data (policies/storage.yaml, and files of the same kind over it). Immutable after
// loading, thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"

namespace warmgate::kube {

using ClassParameters = std::map<std::string, std::string, std::less<>>;

// Provisioners of block storage.
struct BlockOnly {
  std::vector<std::string> provisioners;  // globs
  bool read_only_many = false;            // a filled volume can be read on many nodes
  std::string instead;                    // what shares on that platform
};

// What a class provisions and bills at least.
struct MinimumSize {
  std::string provisioner;
  std::map<std::string, std::vector<std::string>> parameters;  // globs; "" stands for one that is not given
  std::int64_t bytes = 0;
  std::int64_t older_bytes = 0;  // of an older driver; 0: the same
  std::string older_driver;      // "older than v1.10.0"
};

// A class that platforms install under these names.
struct WellKnownClass {
  std::vector<std::string> names;
  std::string provisioner;
  ClassParameters parameters;
};

class StorageFacts {
 public:
  static base::Result<StorageFacts> built_in();
  // A document of kind StorageFacts, whose entries go before those that are there. The error names file:line:col and
  // the field; nothing is changed then.
  base::Status add(const document::Document& document);

  // nullptr when it is not known to be block storage; the same below. What is returned lives as long as this.
  [[nodiscard]] const BlockOnly* block_only(std::string_view provisioner) const;
  [[nodiscard]] const MinimumSize* minimum(std::string_view provisioner, const ClassParameters& parameters) const;
  [[nodiscard]] const WellKnownClass* well_known_class(std::string_view name) const;
  // False where a volume may hold more than its claim asks for.
  [[nodiscard]] bool enforces_size(std::string_view provisioner) const;

 private:
  std::vector<BlockOnly> block_only_;
  std::vector<MinimumSize> minimums_;
  std::vector<WellKnownClass> classes_;
  std::vector<std::string> size_not_enforced_;
};

}  // namespace warmgate::kube
