#include "wrappers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

struct Wrapper {
  std::string_view name;
  std::string_view value_options = "";  // options that consume the next word, separated by spaces; `x:2` the next two
  int positionals = 0;                  // words of its own after the options, before the program
  std::string_view subcommand = "";     // it wraps only with these first words, e.g. `uv run`
  bool dashes = false;                  // everything up to `--` is its own
};

constexpr std::string_view kCondaRun = "-n --name -p --prefix --cwd -r --root-prefix -e --environment";

// From the manual page or --help of each.
constexpr std::array kWrappers = {
    Wrapper{"exec", "-a"},
    Wrapper{"command", ""},
    Wrapper{"builtin", ""},
    Wrapper{"nohup", ""},
    Wrapper{"time", "-f -o"},
    Wrapper{"setsid", ""},
    Wrapper{"nice", "-n"},
    Wrapper{"ionice", "-c -n"},
    Wrapper{"chrt", "", 1},
    Wrapper{"stdbuf", "-i -o -e"},
    Wrapper{"unbuffer", ""},
    Wrapper{"timeout", "-k -s", 1},
    Wrapper{"flock", "-w -E", 1},
    Wrapper{"tini", "-p -e"},
    Wrapper{"tini-static", "-p -e"},
    Wrapper{"dumb-init", "-r"},
    Wrapper{"catatonit", ""},
    Wrapper{"numactl", "-C -N -m -i -p"},
    Wrapper{"taskset", "", 1},
    Wrapper{"sudo", "-u -g"},
    Wrapper{"gosu", "", 1},
    Wrapper{"su-exec", "", 1},
    Wrapper{"s6-setuidgid", "", 1},
    Wrapper{"setpriv", "--reuid --regid --groups --bounding-set --inh-caps --ambient-caps"},
    Wrapper{"runuser", "-u --user -g --group -G --supp-group"},
    Wrapper{"busybox", ""},
    Wrapper{"nvidia_entrypoint.sh", ""},
    Wrapper{"strace", "-e -o -p -s"},
    Wrapper{"nsys",
            "-o --output -t --trace -y --delay -d --duration -s --sample -c --capture-range -w --show-output -x "
            "--stop-on-exit -e --env-var -f --force-overwrite --capture-range-end --cuda-graph-trace --session "
            "--session-new --backtrace --cpuctxsw --cuda-memory-usage --trace-fork-before-exec --gpu-metrics-device "
            "--stats --export",
            0, "profile"},
    Wrapper{"py-spy", "", 0, "record", true},
    Wrapper{"opentelemetry-instrument", "--traces_exporter --metrics_exporter --logs_exporter --service_name"},
    Wrapper{"ddtrace-run", ""},
    Wrapper{"uvx", "--from --with -p --python"},
    Wrapper{"uv", "--from --with -p --python", 0, "tool run"},
    Wrapper{"uv",
            "--with --with-editable --with-requirements -p --python --env-file --project --directory --extra --group "
            "--only-group --no-group --package --index --index-url --extra-index-url --default-index",
            0, "run"},
    Wrapper{"pipx", "--spec --python", 0, "run"},
    Wrapper{"poetry", "", 0, "run"},
    Wrapper{"pdm", "-p", 0, "run"},
    Wrapper{"pipenv", "", 0, "run"},
    Wrapper{"hatch", "", 0, "run"},
    Wrapper{"rye", "", 0, "run"},
    Wrapper{"pixi", "-e --environment --manifest-path --color", 0, "run"},
    Wrapper{"conda", kCondaRun, 0, "run"},
    Wrapper{"mamba", kCondaRun, 0, "run"},
    Wrapper{"micromamba", kCondaRun, 0, "run"},
    Wrapper{"mpirun",
            "-n -np -c -N -H --host -host --hostfile -hostfile --machinefile -machinefile -x --mca:2 -mca:2 --prefix "
            "--map-by -map-by --bind-to -bind-to --rank-by --npernode -npernode --wdir -wdir -wd --timeout "
            "--output-filename -ppn -f -genv:2 -env:2 -hosts"},
    Wrapper{"mpiexec",
            "-n -np -c -N -H --host -host --hostfile -hostfile -x --mca:2 -mca:2 --map-by --bind-to -ppn -f -genv:2 "
            "-env:2 -hosts"},
    Wrapper{"trtllm-llmapi-launch", ""},
    Wrapper{"doppler", "", 0, "run", true},
    Wrapper{"infisical", "", 0, "run", true},
    Wrapper{"op", "", 0, "run", true},
    Wrapper{"ray", "", 0, "symmetric-run", true},
    Wrapper{"ray", "", 0, "job submit", true},
};

// Programs that start a Python script or module several times. Their options take values, but for these.
struct PythonLauncher {
  std::string_view name;
  std::string_view subcommand;
  std::string_view switches;
};

constexpr std::array kPythonLaunchers = {
    PythonLauncher{"torchrun", "", "--standalone --run-path --run_path"},
    PythonLauncher{"deepspeed", "", "--enable_each_rank_log --save_pid --force_multi --no_ssh --no_local_rank"},
    PythonLauncher{"accelerate", "launch",
                   "--cpu --multi_gpu --multi-gpu --tpu --ipex --use_xpu --use_deepspeed --use_fsdp --use_megatron_lm "
                   "--use_tpu_cluster --debug --quiet -q --same_network --enable_cpu_affinity"},
};
constexpr std::array<std::string_view, 3> kDistributedModules = {"torch.distributed.run", "torch.distributed.launch",
                                                                 "torch.distributed.elastic.run"};

// A manifest that chains more of them is hostile.
constexpr int kMaxWrappers = 16;

bool is_assignment(const Word& word) {
  const std::size_t equals = word.text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return false;
  }
  const std::string_view name = std::string_view(word.text).substr(0, equals);
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool listed(std::string_view list, std::string_view word) {
  const std::vector<std::string_view> words = base::split(list, ' ');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// How many of the next words belong to `option`.
std::size_t values_of(std::string_view value_options, const std::string& option) {
  return listed(value_options, option) ? 1 : listed(value_options, option + ":2") ? 2 : 0;
}

// The index of the first word after options (and their values) from `index` on.
std::size_t after_options(const std::vector<Word>& words, std::size_t index, std::string_view value_options) {
  while (index < words.size() && words[index].text.starts_with('-')) {
    const std::string& option = words[index++].text;
    if (option == "--") {
      break;
    }
    index += values_of(value_options, option);
  }
  return std::min(index, words.size());
}

void erase_front(std::vector<Word>& words, std::size_t count) {
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(count, words.size())));
}

// How many words of `words` are the program's name and `subcommand`; 0 when it is another one.
std::size_t begins_with(const std::vector<Word>& words, std::string_view subcommand) {
  std::size_t index = 1;
  for (const std::string_view part : base::split(subcommand, ' ')) {
    if (part.empty()) {
      continue;
    }
    if (index >= words.size() || words[index].text != part) {
      return 0;
    }
    ++index;
  }
  return index;
}

bool strip_wrapper(std::vector<Word>& words) {
  const std::string name = program_name(words.front().text);
  for (const Wrapper& wrapper : kWrappers) {
    std::size_t index = wrapper.name == name ? begins_with(words, wrapper.subcommand) : 0;
    if (index == 0) {
      continue;
    }
    if (wrapper.dashes) {
      const auto dashes = std::find_if(words.begin(), words.end(), [](const Word& word) { return word.text == "--"; });
      index = static_cast<std::size_t>(dashes - words.begin()) + 1;
    } else {
      index = after_options(words, index, wrapper.value_options) + static_cast<std::size_t>(wrapper.positionals);
    }
    if (index >= words.size()) {
      return false;
    }
    erase_front(words, index);
    return true;
  }
  return false;
}

bool is_python(const Word& word) {
  const std::string name = program_name(word.text);
  return name.starts_with("python") && name.find_first_not_of("0123456789.", 6) == std::string::npos;
}

// torchrun --nproc-per-node 8 -m MODULE … -> python -m MODULE …
bool strip_python_launcher(std::vector<Word>& words) {
  const std::string name = program_name(words.front().text);
  const bool module =
      name == "python" && words.size() > 2 && words[1].text == "-m" &&
      std::find(kDistributedModules.begin(), kDistributedModules.end(), words[2].text) != kDistributedModules.end();
  const auto* const launcher =
      std::find_if(kPythonLaunchers.begin(), kPythonLaunchers.end(), [&](const PythonLauncher& each) {
        return module ? each.name == "torchrun" : each.name == name && begins_with(words, each.subcommand) > 0;
      });
  if (launcher == kPythonLaunchers.end()) {
    return false;
  }
  std::size_t index = module ? 3 : begins_with(words, launcher->subcommand);
  bool runs_module = false;
  bool runs_program = false;
  while (index < words.size() && words[index].text.starts_with('-')) {
    const std::string& option = words[index++].text;
    const bool to_module = option == "-m" || option == "--module";
    const bool to_program = option == "--no-python" || option == "--no_python";
    runs_module = runs_module || to_module;
    runs_program = runs_program || to_program;
    const bool value = !to_module && !to_program && option.find('=') == std::string::npos &&
                       !listed(launcher->switches, option) && index < words.size() &&
                       !words[index].text.starts_with('-') && !words[index].text.ends_with(".py");
    index += value ? 1 : 0;
  }
  if (index >= words.size()) {
    return false;
  }
  Word python = words.front();
  python.text = "python";
  erase_front(words, index);
  if (runs_module) {
    words.insert(words.begin(), {"-m", true, "", words.front().location});
  }
  if (!runs_program) {
    words.insert(words.begin(), std::move(python));
  }
  return true;
}

// `$(which vllm)` is vllm, wherever that is. True when `word` was that.
bool resolve_which(Word& word) {
  for (const std::string_view form : {"$(which ", "$(command -v ", "`which "}) {
    if (!word.known && word.text.starts_with(form)) {
      const std::string name = word.text.substr(form.size(), word.text.size() - form.size() - 1);
      if (name.find_first_of(" $`\"'|;&()") == std::string::npos) {
        word.text = name;
        word.known = true;
        word.unknown_reason.clear();
        return true;
      }
    }
  }
  return false;
}

// -uc is -u -c.
std::string split_cluster(const std::string& option) {
  const bool cluster =
      option.size() > 2 && option[1] != '-' && option.find_first_not_of("bBdEiIOPqsSuvx", 1) == option.size() - 1;
  return cluster && (option.back() == 'c' || option.back() == 'm') ? std::string("-") + option.back() : option;
}

// python3.11 -u -X dev -m MODULE … -> python -m MODULE …; python /usr/bin/vllm serve … -> /usr/bin/vllm serve …
// True when something else than Python is in front now.
bool simplify_python(std::vector<Word>& words) {
  if (words.front().known && words.front().text.ends_with(".py")) {
    Word python = words.front();
    python.text = "python";
    words.insert(words.begin(), std::move(python));
    return false;
  }
  if (!is_python(words.front())) {
    return false;
  }
  std::size_t index = 1;
  while (index < words.size() && words[index].text.size() > 1 && words[index].text.starts_with('-')) {
    words[index].text = split_cluster(words[index].text);
    if (words[index].text == "-m" || words[index].text == "-c") {
      break;
    }
    index += words[index].text == "-X" || words[index].text == "-W" ? 2 : 1;
  }
  words.front().text = "python";
  words.erase(words.begin() + 1, words.begin() + static_cast<std::ptrdiff_t>(std::min(index, words.size())));
  if (words.size() < 2) {
    return false;
  }
  const bool found = resolve_which(words[1]);
  const std::string& script = words[1].text;
  const bool program = words[1].known && (found || script.starts_with('/')) && !script.starts_with("/dev/") &&
                       script.find('.') == std::string::npos;
  if (program) {
    erase_front(words, 1);
  }
  return program;
}

// xargs [options] COMMAND…: what it appends, or puts where {} stands, is not known.
bool strip_xargs(std::vector<Word>& words) {
  const std::string name = program_name(words.front().text);
  if (name != "xargs" && name != "parallel") {
    return false;
  }
  std::string replaced = name == "parallel" ? "{}" : "";
  for (std::size_t i = 1; i < words.size() && words[i].text.starts_with("-"); ++i) {
    if (words[i].text.starts_with("-I")) {
      replaced = words[i].text.size() > 2 ? words[i].text.substr(2) : i + 1 < words.size() ? words[i + 1].text : "";
    }
  }
  const Word xargs = words.front();
  erase_front(words, after_options(words, 1, "-I -i -n -P -L -d -s -a -E -j --jobs --max-args --max-procs"));
  const std::string reason = "`" + name + "` adds words that are only known at run time";
  bool placed = false;
  for (Word& word : words) {
    if (!replaced.empty() && word.text.find(replaced) != std::string::npos) {
      word.known = false;
      word.unknown_reason = reason;
      placed = true;
    }
  }
  if (!placed && !words.empty()) {
    words.push_back({"$(" + name + ")", false, reason, xargs.location});
  }
  return true;
}

// env -i -u NAME A=1 B=2 COMMAND…, and env -S "COMMAND…"
void strip_env(std::vector<Word>& words, std::vector<std::pair<std::string, Word>>& assigned) {
  if (words.size() > 2 && (words[1].text == "-S" || words[1].text == "--split-string")) {
    const Word text = words[2];
    erase_front(words, 3);
    std::vector<Word> parts;
    for (const std::string_view part : base::split(text.text, ' ')) {
      if (!part.empty()) {
        parts.push_back({std::string(part), text.known, text.unknown_reason, text.location});
      }
    }
    words.insert(words.begin(), parts.begin(), parts.end());
  } else {
    erase_front(words, after_options(words, 1, "-u -C --unset --chdir"));
  }
  std::size_t count = 0;
  for (; count < words.size() && is_assignment(words[count]); ++count) {
    Word value = words[count];
    const std::size_t equals = value.text.find('=');
    std::string name = value.text.substr(0, equals);
    value.text.erase(0, equals + 1);
    assigned.emplace_back(std::move(name), std::move(value));
  }
  erase_front(words, count);
}

bool is_command_option(const Word& word) {
  return word.text == "-c" || word.text == "--command" || word.text.starts_with("--command=");
}

// su - USER -c SCRIPT
bool is_su_script(const std::vector<Word>& words) {
  const std::string name = program_name(words.front().text);
  return (name == "su" || name == "runuser") && std::any_of(words.begin(), words.end(), is_command_option);
}

}  // namespace

std::string program_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::pair<std::string, Word>> strip_wrappers(std::vector<Word>& words) {
  std::vector<std::pair<std::string, Word>> assigned;
  for (int i = 0; i < kMaxWrappers && !words.empty(); ++i) {
    resolve_which(words.front());
    if (!words.front().known) {
      break;
    }
    if (program_name(words.front().text) == "env") {
      strip_env(words, assigned);
      continue;
    }
    const bool stripped = (!is_su_script(words) && strip_wrapper(words)) || strip_xargs(words);
    if (!stripped && !simplify_python(words) && !strip_python_launcher(words)) {
      break;
    }
  }
  return assigned;
}

std::optional<ShellInvocation> shell_invocation(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 6> kShells = {"sh", "bash", "ash", "dash", "zsh", "ksh"};
  ShellInvocation shell;
  if (is_su_script(words)) {
    const auto option = std::find_if(words.begin(), words.end(), is_command_option);
    const std::size_t equals = option->text.find('=');
    if (equals != std::string::npos) {
      shell.script = *option;
      shell.script->text.erase(0, equals + 1);
    } else if (option + 1 != words.end()) {
      shell.script = *(option + 1);
    }
    return shell;
  }
  if (std::find(kShells.begin(), kShells.end(), program_name(words.front().text)) == kShells.end()) {
    return std::nullopt;
  }
  bool command_string = false;
  std::size_t index = 1;
  for (; index < words.size(); ++index) {
    const std::string& option = words[index].text;
    if (option.size() < 2 || (option[0] != '-' && option[0] != '+')) {
      break;
    }
    if (option == "--rcfile" || option == "--init-file") {
      ++index;
    }
    if (option.starts_with("--")) {
      continue;
    }
    command_string |= option[0] == '-' && option.find('c') != std::string::npos;
    if (option.back() == 'o' || option.back() == 'O') {
      ++index;  // -o pipefail
    }
  }
  const auto operand = words.begin() + static_cast<std::ptrdiff_t>(std::min(index, words.size()));
  if (command_string && operand != words.end()) {
    shell.script = *operand;
    shell.positional.assign(operand + 1, words.end());
  } else if (!command_string) {
    shell.positional.assign(operand, words.end());
  }
  return shell;
}

}  // namespace warmgate::models
