// PythonReader's calls: what the program asks of libraries, of os.environ and of its own functions.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "python_reader.h"

namespace warmgate::models {
namespace {

// Packages that import huggingface_hub, which then reads its variables.
constexpr std::array<std::string_view, 14> kHubUsers = {"huggingface_hub",
                                                        "transformers",
                                                        "diffusers",
                                                        "sentence_transformers",
                                                        "peft",
                                                        "vllm",
                                                        "sglang",
                                                        "accelerate",
                                                        "optimum",
                                                        "datasets",
                                                        "lmdeploy",
                                                        "trl",
                                                        "unsloth",
                                                        "tensorrt_llm"};

std::string package_of(const std::string& path) { return path.substr(0, path.find('.')); }

// PythonCall::function for a dotted path.
std::string function_of(const std::string& path) {
  std::string package = package_of(path);
  const std::size_t dot = path.rfind('.');
  const std::string function = path.substr(dot == std::string::npos ? 0 : dot + 1);
  if (function != "from_pretrained") {
    return package + "." + function;
  }
  const std::string owner = path.substr(0, dot).substr(path.substr(0, dot).rfind('.') + 1);
  for (const std::string_view kind : {"Tokenizer", "TokenizerFast", "Processor", "FeatureExtractor"}) {
    if (owner.ends_with(kind)) {
      return package.append(".tokenizer.").append(function);
    }
  }
  return package + (owner.ends_with("Config") ? ".config." : ".") + function;
}

std::string environment_key(const std::string& name) { return "os.environ[" + name + "]"; }

}  // namespace

PythonValue PythonReader::call(PythonValue callee, std::size_t begin) {
  const Level level(*this);
  const std::vector<Argument> given = arguments();
  const std::size_t end = at_ > 0 && at_ <= tokens_->size() ? (*tokens_)[at_ - 1].end : begin;
  PythonValue result = unknown("it is what a function of the program returns", place(begin, end));
  if (!level.ok()) {
    return result;
  }
  if (callee.is(Kind::kFunction)) {
    std::size_t number = 0;
    std::from_chars(callee.text.data(), callee.text.data() + callee.text.size(), number);
    call_function(number, given);
    return result;
  }
  if (!callee.is(Kind::kPath)) {
    return callee.is(Kind::kUnknown) ? callee : result;
  }
  if (std::optional<PythonValue> known = call_known(callee.text, given)) {
    return *known;
  }
  emit(callee.text, given, begin);
  callee.kind = Kind::kInstance;
  callee.place = place(begin, end);
  return callee;
}

std::vector<PythonReader::Argument> PythonReader::arguments() {
  std::vector<Argument> given;
  advance();
  while (!done() && step() && !at_operator(")") && !at_operator("]") && !at_operator("}")) {
    const std::size_t before = at_;
    Argument argument;
    argument.unpacked = take_operator("**") || take_operator("*");
    const bool named = !done() && token().kind == PythonTokenKind::kName && at_ + 1 < end_ &&
                       (*tokens_)[at_ + 1].kind == PythonTokenKind::kOperator && (*tokens_)[at_ + 1].text == "=";
    if (named) {
      argument.name = std::string(token().text);
      at_ += 2;
    }
    argument.value = done() ? unknown("it cannot be read") : expression();
    if (at_name("for") || at_name("async")) {
      comprehension();
      argument.value = unknown("it is computed by the program");
    }
    if (argument.unpacked && argument.value.is(Kind::kDict)) {  // its entries are arguments
      for (std::size_t i = 0; i < argument.value.items.size(); ++i) {
        given.push_back({argument.value.keys[i], argument.value.items[i], false});
      }
    } else {
      given.push_back(std::move(argument));
    }
    at_ += at_operator(",") || at_ == before ? 1 : 0;
  }
  advance();
  return given;
}

// Functions whose result matters rather than what they do.
std::optional<PythonValue> PythonReader::call_known(const std::string& path, const std::vector<Argument>& given) {
  const bool plain = std::none_of(given.begin(), given.end(), [](const Argument& each) { return each.unpacked; });
  const PythonValue* first = !given.empty() && plain ? &given.front().value : nullptr;
  if (path == "os.environ.get" || path == "os.getenv" || path == "os.environ.setdefault") {
    if (first == nullptr || !first->is(Kind::kText)) {
      return unknown("which environment variable is read is computed by the program");
    }
    PythonValue none;
    none.kind = Kind::kNone;
    PythonValue value = environment(first->text, given.size() > 1 ? &given[1].value : &none);
    if (path == "os.environ.setdefault") {
      set_environment(first->text, value);
    }
    return value;
  }
  if (path == "os.environ.update") {
    for (const Argument& argument : given) {
      if (!argument.name.empty()) {
        set_environment(argument.name, argument.value);
      }
      for (std::size_t i = 0; i < argument.value.keys.size(); ++i) {
        set_environment(argument.value.keys[i], argument.value.items[i]);
      }
    }
    return unknown("");
  }
  const bool joins = path == "os.path.join" || path == "pathlib.Path" || path == "pathlib.PurePosixPath";
  if (joins && first != nullptr) {
    PythonValue value = *first;
    for (std::size_t i = 1; i < given.size(); ++i) {
      value = combine("/", std::move(value), given[i].value);
    }
    return value;
  }
  if (path == "builtins.str" && first != nullptr && (first->is(Kind::kText) || first->is(Kind::kOther))) {
    PythonValue value = *first;
    value.kind = Kind::kText;
    return value;
  }
  if (path == "os.path.expanduser" && first != nullptr && first->is(Kind::kText) && !first->text.starts_with('~')) {
    return *first;
  }
  if (path == "builtins.dict" && plain) {
    PythonValue value;
    value.kind = Kind::kDict;
    for (const Argument& argument : given) {
      value.keys.push_back(argument.name);
      value.items.push_back(argument.value);
    }
    return value;
  }
  return std::nullopt;
}

void PythonReader::call_function(std::size_t number, const std::vector<Argument>& given) {
  if (number >= functions_.size() || running_.contains(number) || !step()) {
    return;
  }
  const bool called = functions_[number].called || !given.empty() || functions_[number].parameters.empty();
  functions_[number].called = true;
  const Function function = functions_[number];
  for (const auto& [name, value] : names_) {
    if (!spend(sizeof(PythonValue) + value.text.size())) {
      return;
    }
  }
  std::map<std::string, PythonValue> outer = names_;
  const auto context = std::tuple(tokens_, at_, end_, base_, ended_);
  tokens_ = &read_.tokens;
  base_ = 0;
  const bool plain = std::none_of(given.begin(), given.end(), [](const Argument& each) { return each.unpacked; });
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    const Parameter& parameter = function.parameters[i];
    const auto named =
        std::find_if(given.begin(), given.end(), [&](const Argument& each) { return each.name == parameter.name; });
    PythonValue value =
        unknown(parameter.name + (called ? " is computed by the program"
                                         : " is an argument of a function that the program does not call"));
    if (plain && !parameter.rest && named != given.end()) {
      value = named->value;
    } else if (plain && !parameter.rest && i < given.size() && given[i].name.empty()) {
      value = given[i].value;
    } else if (plain && called && parameter.default_begin > 0) {
      at_ = parameter.default_begin;
      end_ = parameter.default_end;
      value = done() ? std::move(value) : expression();
    }
    set(parameter.name, std::move(value));
  }
  ended_ = false;
  running_.insert(number);
  const Line& line = lines_[function.line];
  run_lines(function.line + 1, line.block_end);
  running_.erase(number);
  std::tie(tokens_, at_, end_, base_, ended_) = context;
  for (auto& [name, value] : names_) {
    if (globals_.contains(name) || name.starts_with("os.environ[")) {
      outer[name] = std::move(value);
    }
  }
  names_ = std::move(outer);
}

PythonArgument PythonReader::to_argument(const Argument& given) const {
  const auto word = [&](const PythonValue& value) {
    ShellWord out{value.text, true, "", value.place.begin, value.place.end};
    if (value.is(Kind::kUnknown)) {
      out.text = std::string(program_.substr(value.place.begin, value.place.end - value.place.begin));
      out.known = false;
      out.unknown_reason = value.text;
    } else if (!value.is(Kind::kText) && !value.is(Kind::kOther)) {
      out.known = false;
      out.unknown_reason = "it is an object of the program";
    }
    return out;
  };
  PythonArgument argument;
  argument.name = given.name;
  argument.unpacked = given.unpacked;
  argument.variable = given.value.variable;
  argument.list = given.value.is(Kind::kList);
  if (argument.list) {
    for (const PythonValue& item : given.value.items) {
      argument.words.push_back(word(item));
    }
  } else {
    argument.words.push_back(word(given.value));
  }
  return argument;
}

void PythonReader::emit(const std::string& path, const std::vector<Argument>& given, std::size_t begin) {
  if (package_of(path) == "builtins") {
    return;
  }
  if (out_.calls.size() >= limits_.max_calls) {
    exhaust("it makes more than " + std::to_string(limits_.max_calls) + " calls");
    return;
  }
  PythonCall call;
  call.function = function_of(path);
  call.begin = base_ + begin;
  call.end = std::max(call.begin, base_ + (*tokens_)[std::min(at_, tokens_->size()) - 1].end);
  for (const Argument& argument : given) {
    if (!argument.value.is(Kind::kNone)) {
      call.arguments.push_back(to_argument(argument));
      spend(sizeof(PythonArgument) + argument.value.text.size());
    }
  }
  const auto frozen = frozen_.find(package_of(path));
  call.environment_changes = frozen == frozen_.end() ? environment_changes() : frozen->second;
  out_.calls.push_back(std::move(call));
}

// `otherwise`: what a variable that is not set stands for; nullptr where the program would fail.
PythonValue PythonReader::environment(const std::string& name, const PythonValue* otherwise) {
  if (const auto own = names_.find(environment_key(name)); own != names_.end()) {
    return own->second;
  }
  const auto found = variables_.values.find(name);
  if (found == variables_.values.end()) {
    if (variables_.open) {
      return unknown("the environment variable " + name + " may come from envFrom");
    }
    return otherwise != nullptr ? *otherwise
                                : unknown("the environment variable " + name + " is not set in the manifest");
  }
  if (!found->second) {
    return unknown("the environment variable " + name + " cannot be read from the manifest");
  }
  PythonValue value;
  if (spend(found->second->size())) {
    value.kind = Kind::kText;
    value.text = *found->second;
    value.variable = name;
  }
  return value;
}

void PythonReader::set_environment(const std::string& name, const PythonValue& value) {
  set(environment_key(name), value);
}

PythonValue PythonReader::argv(const PythonValue& index) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(index.text.data(), index.text.data() + index.text.size(), number);
  const bool known = index.is(Kind::kOther) && error == std::errc() && end == index.text.data() + index.text.size() &&
                     number < variables_.positional.size() && variables_.positional[number];
  PythonValue value = unknown("an argument of the program is not known");
  if (known && spend(variables_.positional[number]->size())) {
    value.kind = Kind::kText;
    value.text = *variables_.positional[number];
  }
  return value;
}

std::map<std::string, ShellWord> PythonReader::environment_changes() {
  std::map<std::string, ShellWord> changes;
  constexpr std::string_view kPrefix = "os.environ[";
  for (auto each = names_.lower_bound(std::string(kPrefix));
       each != names_.end() && each->first.starts_with(kPrefix) && spend(sizeof(ShellWord) + each->second.text.size());
       ++each) {
    const std::string name = each->first.substr(kPrefix.size(), each->first.size() - kPrefix.size() - 1);
    const PythonValue& value = each->second;
    const bool known = value.is(Kind::kText);
    changes[name] = {known ? value.text : "", known,
                     known                      ? ""
                     : value.is(Kind::kUnknown) ? value.text
                                                : "it is computed by the program",
                     value.place.begin, value.place.end};
  }
  return changes;
}

void PythonReader::freeze_environment(const std::string& package) {
  const std::string root = package_of(package);
  const auto freeze = [&](const std::string& name) {
    if (!frozen_.contains(name)) {
      frozen_[name] = environment_changes();
    }
  };
  if (root.empty() || root == "os" || root == "sys" || frozen_.size() > limits_.max_depth) {
    return;
  }
  freeze(root);
  if (std::find(kHubUsers.begin(), kHubUsers.end(), root) != kHubUsers.end()) {
    for (const std::string_view user : kHubUsers) {
      freeze(std::string(user));
    }
  }
}

}  // namespace warmgate::models
