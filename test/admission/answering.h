// The real Handler with the built-in knowledge, and its answers as JSON.
#pragma once

#include <string>

#include "support/review.h"
#include "support/world.h"
#include "warmgate/admission/handler.h"

namespace warmgate::testing {

class Answering {
 public:
  explicit Answering(const std::string& facts = "", const std::string& policy_spec = "{}");
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;

  [[nodiscard]] admission::Outcome outcome(admission::Hook hook, const std::string& body) const {
    return handler_.handle(hook, body);
  }
  // The response of a request that must be answered with 200.
  [[nodiscard]] document::Json validate(const ReviewSpec& spec) const;
  [[nodiscard]] document::Json mutate(const ReviewSpec& spec) const;

 private:
  [[nodiscard]] document::Json response(admission::Hook hook, const ReviewSpec& spec) const;

  admission::Handler handler_;
};

// The only object of a manifest, as JSON.
document::Json manifest(const std::string& text);

}  // namespace warmgate::testing
