// The corpus of public manifests beside the repository (../shared/corpus), which a clone need not have, and the truth
// about 60 of its files in test/corpus/truth (README.md there tells the words).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace warmgate::testing {

// Its root, or "" in a clone without it.
std::string corpus_root();

inline constexpr const char* kNoCorpus =
    "SKIPPED: there is no corpus of manifests at ../shared/corpus beside the source tree";

// What a container (or a field of a custom resource) loads. As a truth, what is not set is left open.
struct Use {
  std::string object;  // "Deployment/vllm"
  std::optional<std::string> container;
  std::optional<std::string> verb;
  std::optional<std::string> role;
  std::optional<std::string> repo;
  std::string revision;
  bool pinned = false;
  bool local = false;
  std::optional<bool> verifiable;
  bool optional = false;  // both to claim it and to be silent is right
};

// "Deployment/vllm vllm serve weights a/b@main", for failures.
std::string to_text(const Use& use);

struct FileTruth {
  std::string path;  // relative to the corpus
  bool unreadable = false;
  std::vector<Use> uses;
};

// Of every file in test/corpus/truth, ordered by path. A mistake there fails the test.
std::vector<FileTruth> all_truths();

// True when `claim` says what `truth` says. A use that cannot be verified may keep silent about the repository.
bool agrees(const Use& truth, const Use& claim);

// What `inspect` claims of a text that lies alone, and whether it could be read.
struct Claims {
  std::vector<Use> uses;
  bool read = true;
};
Claims inspect(const std::string& name, const std::string& text);

std::string read_text(const std::string& path);

}  // namespace warmgate::testing
