#include "warmgate/models/model_size.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

constexpr double kBillion = 1e9;
// An 8x7B model has 46.7 billion parameters and an 8x22B one 140.6: the experts share the attention layers.
constexpr double kSharedByExperts = 0.8;
// Quantized to four bits: scales and the layers that stay at 16 bits included (Qwen3-32B-AWQ has 19.3 GB).
constexpr double kFourBits = 4.7;

// Repositories whose parameter count is not what lies in them.
bool is_something_else(std::string_view name) {
  constexpr std::array<std::string_view, 12> kWords = {"gguf",    "lora", "adapter", "eagle",      "medusa", "draft",
                                                       "imatrix", "ggml", "mlx",     "speculator", "2bit",   "3bit"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool whole = error == std::errc() && end == text.data() + text.size() && value > 0;
  return whole ? std::optional(value) : std::nullopt;
}

// "32b" -> 32, "8x7b" -> 45. "a3b" (active parameters) and "e4b" (effective ones) are none.
std::optional<double> billions(std::string_view part) {
  if (!part.ends_with('b')) {
    return std::nullopt;
  }
  part.remove_suffix(1);
  const std::size_t times = part.find('x');
  if (times == std::string_view::npos) {
    return number(part);
  }
  const std::optional<double> experts = number(part.substr(0, times));
  const std::optional<double> each = number(part.substr(times + 1));
  return experts && each ? std::optional(*experts * *each * kSharedByExperts) : std::nullopt;
}

// "128e": 17B-128E names the active parameters and the number of experts, so the total is not told.
bool is_expert_count(std::string_view part) { return part.ends_with('e') && number(part.substr(0, part.size() - 1)); }

double bits_per_parameter(std::string_view name) {
  struct Format {
    std::string_view word;
    double bits;
  };
  constexpr std::array<Format, 14> kFormats = {{{"int8", 8},
                                                {"8bit", 8},
                                                {"w8a", 8},
                                                {"fp8", 8},
                                                {"nvfp4", kFourBits},
                                                {"mxfp4", kFourBits},
                                                {"fp4", kFourBits},
                                                {"nf4", kFourBits},
                                                {"int4", kFourBits},
                                                {"4bit", kFourBits},
                                                {"w4a", kFourBits},
                                                {"awq", kFourBits},
                                                {"gptq", kFourBits},
                                                {"gpt-oss", kFourBits}}};  // published in MXFP4
  constexpr double kHalfPrecision = 16;
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) {
    return name.find(format.word) != std::string_view::npos;
  });
  return found == kFormats.end() ? kHalfPrecision : found->bits;
}

}  // namespace

std::optional<std::int64_t> estimated_bytes(std::string_view repo) {
  constexpr std::size_t kMaxName = 96;  // huggingface_hub utils/_validators.py:28
  constexpr double kMost = 5000;        // billions; more is no parameter count
  const std::string name = base::to_lower(repo.substr(std::min(repo.size(), repo.rfind('/') + 1)));
  if (name.size() > kMaxName || is_something_else(name)) {
    return std::nullopt;
  }
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', '-');
  double most = 0;
  for (const std::string_view part : base::split(words, '-')) {
    if (is_expert_count(part)) {
      return std::nullopt;
    }
    most = std::max(most, billions(part).value_or(0));
  }
  if (most <= 0 || most > kMost) {
    return std::nullopt;
  }
  constexpr double kBitsPerByte = 8;
  return static_cast<std::int64_t>(most * kBillion * bits_per_parameter(name) / kBitsPerByte);
}

std::string about(std::int64_t bytes) {
  constexpr double kGiga = 1e9;
  constexpr double kTera = 1e12;
  constexpr double kTen = 10;
  const bool tera = static_cast<double>(bytes) >= kTera;
  const double amount = static_cast<double>(bytes) / (tera ? kTera : kGiga);
  // One decimal below ten, none above.
  const double tenths = std::round(amount * kTen);
  std::string text = std::to_string(static_cast<std::int64_t>(amount < kTen ? tenths / kTen : std::round(amount)));
  const auto decimal = static_cast<std::int64_t>(tenths) % static_cast<std::int64_t>(kTen);
  if (amount < kTen && decimal != 0) {
    text += "." + std::to_string(decimal);
  }
  return "about " + text + (tera ? " TB" : " GB");
}

std::string size_note(std::string_view repo) {
  const std::optional<std::int64_t> bytes = estimated_bytes(repo);
  return bytes ? " (" + about(*bytes) + ", by its name)" : "";
}

}  // namespace warmgate::models
