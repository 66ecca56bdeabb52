#include "warmgate/models/engine.h"

#include <algorithm>
#include <charconv>

#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

struct ImageName {
  std::string path;  // registry and repository, without tag and digest
  std::string tag;
};

ImageName split_image(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  return {std::string(image.substr(0, colon)),
          colon == std::string_view::npos ? std::string() : std::string(image.substr(colon + 1))};
}

// "ghcr.io/huggingface/x" -> "huggingface/x": the first part is a registry when it has a dot or a port.
std::string_view without_registry(std::string_view path) {
  const std::size_t slash = path.find('/');
  const bool registry =
      slash != std::string_view::npos && path.substr(0, slash).find_first_of(".:") != std::string_view::npos;
  return registry ? path.substr(slash + 1) : path;
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Mirrors keep the repository below a prefix of their own; a name of several words is unlikely to be another program,
// also behind a word of the mirror's ("official-vllm-openai").
bool image_matches(std::string_view path, std::string_view known) {
  // `*` stands for any characters: for images that carry a version in their name.
  if (known.find('*') != std::string_view::npos) {
    return base::glob_match(known, path);
  }
  const std::string_view repository = without_registry(known);
  if (path == known || path == repository || path.ends_with("/" + std::string(repository))) {
    return true;
  }
  const std::string_view last = last_part(repository);
  return last.find('-') != std::string_view::npos &&
         (last_part(path) == last || last_part(path).ends_with("-" + std::string(last)));
}

bool is_one_of(const std::vector<std::string>& known, std::string_view path) {
  return std::any_of(known.begin(), known.end(), [&](const std::string& each) { return image_matches(path, each); });
}

// Somebody's own build of an engine whose image has the name of its program: "example.com/tools/tritonserver".
bool is_named_like_program(const Engine& engine, std::string_view path) {
  const std::string_view last = last_part(path);
  const bool image = std::any_of(engine.images.begin(), engine.images.end(),
                                 [&](const std::string& known) { return last_part(known) == last; });
  return image && std::any_of(engine.launchers.begin(), engine.launchers.end(),
                              [&](const Launcher& launcher) { return launcher.argv.front() == last; });
}

// "v0.9.2-cu128" -> {0, 9, 2}; no number at the start: unknown.
std::vector<int> version_of(std::string_view tag) {
  if (tag.starts_with('v')) {
    tag.remove_prefix(1);
  }
  std::vector<int> version;
  while (true) {
    int number = 0;
    const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), number);
    if (error != std::errc()) {
      break;
    }
    version.push_back(number);
    tag.remove_prefix(static_cast<std::size_t>(end - tag.data()));
    if (!tag.starts_with('.')) {
      break;
    }
    tag.remove_prefix(1);
  }
  // A single number ("22", a date, a build) is no version of these projects.
  return version.size() >= 2 ? version : std::vector<int>();
}

// Whether `range` holds for an image; an unknown version is taken for the newest.
bool holds_for(const ImageRange& range, const ImageMatch& image) {
  const bool of_tag = range.tags.empty() || base::matches_any_glob(range.tags, image.tag);
  const bool of_version = range.before.empty() || (!image.version.empty() && image.version < range.before);
  return of_tag && of_version && (range.images.empty() || is_one_of(range.images, image.path));
}

}  // namespace

std::string_view to_string(Verb verb) { return verb == Verb::kServe ? "serve" : "download"; }

std::optional<ImageMatch> EngineTable::match_image(std::string_view image) const {
  const ImageName name = split_image(image);
  const auto find = [&](const auto& matches) {
    const auto found = std::find_if(engines_.begin(), engines_.end(), matches);
    return found == engines_.end() ? std::nullopt
                                   : std::optional(ImageMatch{&*found, version_of(name.tag), name.path, name.tag});
  };
  const auto exact = find([&](const Engine& engine) { return is_one_of(engine.images, name.path); });
  return exact ? exact : find([&](const Engine& engine) { return is_named_like_program(engine, name.path); });
}

std::vector<std::string> entrypoint_of(const ImageMatch& image) {
  for (const Entrypoint& entrypoint : image.engine->entrypoints) {
    if (holds_for(entrypoint.holds_for, image)) {
      return entrypoint.argv;
    }
  }
  return {};
}

std::map<std::string, std::string> environment_of(const ImageMatch& image) {
  for (const ImageEnvironment& environment : image.engine->image_environments) {
    if (holds_for(environment.holds_for, image)) {
      return environment.values;
    }
  }
  return {};
}

std::string launcher_text(const Launcher& launcher) {
  std::string text;
  for (const std::string& word : launcher.argv) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::string default_model_of(const Engine& engine, const Launcher& launcher, const std::optional<ImageMatch>& image) {
  if (!launcher.default_model.empty()) {
    return launcher.default_model;
  }
  const ImageMatch own = image && image->engine == &engine ? *image : ImageMatch{&engine, {}, "", ""};
  for (const DefaultModel& model : engine.default_models) {
    if (holds_for(model.holds_for, own)) {
      return model.repo;
    }
  }
  return "";
}

}  // namespace warmgate::models
