// How a model is named on the Hugging Face Hub: repository ids and commits. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace warmgate::api {

// A full commit SHA: 40 lower-case hex digits. Nothing else counts as a commit for huggingface_hub (file_download.py:70
// at v1.22.0); upper-case or short hex is looked up under refs/.
bool is_commit(std::string_view revision);

// A repository id: "org/name" or "name" (huggingface_hub utils/_validators.py:28 at v1.22.0).
bool is_repo_id(std::string_view text);

// The address of a mirror (HF_ENDPOINT): http or https and a host, without a user, a query or blanks. A password has
// its place in a Secret.
bool is_endpoint(std::string_view text);

// What kind of thing an unpinned revision is and why it pins nothing, for messages: "the branch main, which moves".
std::string describe_revision(std::string_view revision);

// How to get the commit of a repository's main branch: "git ls-remote https://huggingface.co/org/name HEAD".
std::string commit_command(std::string_view repo);

// The parts of "hf://org/name@revision/path"; nullopt when it is no such URI, or that of a dataset or a space.
struct HubUri {
  std::string repo;
  std::string revision;  // "" when none is given
};
std::optional<HubUri> parse_hub_uri(std::string_view text);

}  // namespace warmgate::api
