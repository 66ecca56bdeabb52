"""What the tests of Warmgate's CI formats share: the program, the tools that judge what it gives, a repository to lint."""
import os
import pathlib
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOLS = pathlib.Path(os.environ["WARMGATE_CI_TOOLS"])
BINARY = os.environ["WARMGATE_BINARY"]
UNPINNED = """\
apiVersion: v1
kind: Pod
metadata:
  name: server
spec:
  containers:
    - name: vllm
      image: vllm/vllm-openai:v0.11.0
      args: [--model, Qwen/Qwen3-32B]
"""
CLEAN = """\
apiVersion: warmgate.dev/v1alpha1
kind: ModelCache
metadata:
  name: qwen3-32b
  namespace: llm
spec:
  source:
    huggingFace:
      repo: Qwen/Qwen3-32B
      revision: 9216db5781bf21249d130ec9da846c4624c16137
  storage:
    claimName: model-cache
  mountPath: /cache/huggingface
"""


def run(*command, cwd, check=True, **options):
    """Runs a command and returns what it did; with `check` its exit code must be 0."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=300, **options)
    assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def environment(path):
    """The variables of a CI job: `path` in front of PATH, nothing of the caller's git or Python."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "PYTHON"))}
    return {**env, "PATH": f"{path}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def check_schema(schema, file):
    """`file` by one of the schemas in the package check-jsonschema."""
    run(TOOLS / "venv/bin/check-jsonschema", "--builtin-schema", schema, file, cwd=ROOT)


def yaml_blocks(markdown):
    """The YAML blocks of a page that say in their first line which file they are: {"name": text}."""
    blocks = {}
    for block in (ROOT / markdown).read_text(encoding="utf-8").split("```yaml\n# ")[1:]:
        name, _, text = block.partition("\n")
        blocks[name] = text.partition("```")[0]
    return blocks


def load(file):
    return yaml.safe_load(pathlib.Path(file).read_text(encoding="utf-8"))


@pytest.fixture
def bin_dir(tmp_path):
    """A directory for PATH with `warmgate` in it."""
    path = tmp_path / "bin"
    path.mkdir()
    (path / "warmgate").symlink_to(BINARY)
    return path


@pytest.fixture
def repository(tmp_path):
    """A git repository with a manifest that has a finding and one that has none."""
    path = tmp_path / "repository"
    (path / "deploy").mkdir(parents=True)
    (path / "deploy" / "pod.yaml").write_text(UNPINNED, encoding="utf-8")
    (path / "cache.yaml").write_text(CLEAN, encoding="utf-8")
    env = environment("/usr/bin")
    run("git", "init", "--quiet", cwd=path, env=env)
    run("git", "add", ".", cwd=path, env=env)
    return path
