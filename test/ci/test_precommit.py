"""The hooks of .pre-commit-hooks.yaml, run by pre-commit."""
import stat

import pytest

from conftest import CLEAN, ROOT, TOOLS, environment, load, run, yaml_blocks

PRE_COMMIT = TOOLS / "venv/bin/pre-commit"


@pytest.fixture
def hooks(tmp_path):
    """A git repository that holds the hooks alone, as pre-commit clones it."""
    path = tmp_path / "hooks"
    path.mkdir()
    for name in (".pre-commit-hooks.yaml", "Dockerfile"):
        (path / name).write_bytes((ROOT / name).read_bytes())
    env = environment("/usr/bin")
    run("git", "init", "--quiet", cwd=path, env=env)
    run("git", "add", ".", cwd=path, env=env)
    run("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "a", cwd=path, env=env)
    return path


def configured(repository, hooks, hook):
    head = run("git", "rev-parse", "HEAD", cwd=hooks).stdout.strip()
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: '{hooks}', rev: {head}, hooks: [{hook}]}}]\n", encoding="utf-8")


def run_hook(repository, bin_dir, tmp_path, *arguments):
    env = {**environment(bin_dir), "PRE_COMMIT_HOME": str(tmp_path / "home")}
    return run(PRE_COMMIT, "run", *arguments, cwd=repository, env=env, check=False)


def test_manifest_is_valid():
    run(PRE_COMMIT, "validate-manifest", ROOT / ".pre-commit-hooks.yaml", cwd=ROOT)


def test_try_repo_runs_the_installed_program(repository, hooks, bin_dir, tmp_path):
    env = {**environment(bin_dir), "PRE_COMMIT_HOME": str(tmp_path / "home")}
    tried = run(PRE_COMMIT, "try-repo", hooks, "warmgate", "--all-files", cwd=repository, env=env, check=False)
    assert tried.returncode == 1, tried.stdout + tried.stderr
    assert "warmgate lint............................................................Failed" in tried.stdout
    assert "deploy/pod.yaml:9:23: error[WG101]" in tried.stdout


def test_whole_directories_are_judged_when_any_manifest_in_them_changes(repository, hooks, bin_dir, tmp_path):
    configured(repository, hooks, "{id: warmgate}")
    ran = run_hook(repository, bin_dir, tmp_path, "--files", "cache.yaml")
    assert ran.returncode == 1
    assert "deploy/pod.yaml:9:23: error[WG101]" in ran.stdout
    assert "(no files to check)Skipped" in run_hook(repository, bin_dir, tmp_path, "--files", "README.md").stdout


def test_directories_and_options_are_arguments(repository, hooks, bin_dir, tmp_path):
    configured(repository, hooks, "{id: warmgate, args: [deploy/, --fail-on, never]}")
    assert "Passed" in run_hook(repository, bin_dir, tmp_path, "--all-files").stdout
    (repository / "clean").mkdir()
    (repository / "clean" / "cache.yaml").write_text(CLEAN, encoding="utf-8")
    configured(repository, hooks, "{id: warmgate, args: [clean/]}")
    assert "Passed" in run_hook(repository, bin_dir, tmp_path, "--all-files").stdout


# Docker is not here: a program of its name takes the command lines that pre-commit gives it.
def test_docker_hook_builds_the_dockerfile_and_runs_warmgate_in_the_tree(repository, hooks, bin_dir, tmp_path):
    log = tmp_path / "docker.log"
    stand_in = bin_dir / "docker"
    stand_in.write_text(f"""#!/usr/bin/env bash
case $1 in
  system) printf '{{}}' ;;
  build) printf 'build %s\\n' "${{@: -1}}" >>'{log}'; [[ -f Dockerfile ]] ;;
  run) printf 'run' >>'{log}'
    while [[ $1 != --entrypoint ]]; do shift; done
    printf ' %s' "$2" "${{@:4}}" >>'{log}'
    exec "$2" "${{@:4}}" ;;
esac
""", encoding="utf-8")
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
    configured(repository, hooks, "{id: warmgate-docker, args: [deploy/]}")
    ran = run_hook(repository, bin_dir, tmp_path, "--all-files")
    assert "deploy/pod.yaml:9:23: error[WG101]" in ran.stdout, ran.stdout + ran.stderr
    # pre-commit builds when it installs, and again before it runs, from docker's cache.
    assert log.read_text(encoding="utf-8") == "build .\nbuild .\nrun warmgate lint deploy/"


def test_documented_configuration_is_valid(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(yaml_blocks("docs/ci.md")[".pre-commit-config.yaml"], encoding="utf-8")
    run(PRE_COMMIT, "validate-config", config, cwd=ROOT)
    hooks = {hook["id"] for hook in load(ROOT / ".pre-commit-hooks.yaml")}
    assert {hook["id"] for repo in load(config)["repos"] for hook in repo["hooks"]} <= hooks
