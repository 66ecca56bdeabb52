// A rough size of a model's weights from its repository's name: the number of parameters and the number format that
// most names tell ("Qwen/Qwen3-32B", "…-70B-Instruct-FP8", "Mixtral-8x7B"). An estimate, and to be called one. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace warmgate::models {

// Bytes; nullopt where the name does not tell, or tells something else (adapters, GGUF collections, expert counts).
std::optional<std::int64_t> estimated_bytes(std::string_view repo);

// "about 64 GB": two digits, decimal units as the Hub shows them.
std::string about(std::int64_t bytes);

// " (about 64 GB, by its name)", or "".
std::string size_note(std::string_view repo);

}  // namespace warmgate::models
