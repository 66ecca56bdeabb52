// An AdmissionReview that the default policy denies: a Pod of vLLM without a revision (WG101).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace warmgate::testing {

inline const std::string kReview =
    nlohmann::json{
        {"apiVersion", "admission.k8s.io/v1"},
        {"kind", "AdmissionReview"},
        {"request",
         {{"uid", "1-2-3"},
          {"operation", "CREATE"},
          {"userInfo", {{"username", "alice"}}},
          {"namespace", "llm"},
          {"object",
           {{"apiVersion", "v1"},
            {"kind", "Pod"},
            {"metadata", {{"name", "server"}}},
            {"spec",
             {{"containers",
               {{{"name", "vllm"}, {"image", "vllm/vllm-openai:v0.11.0"}, {"args", {"--model", "a/b"}}}}}}}}}}}}
        .dump();

}  // namespace warmgate::testing
