"""action.yml: by the schema of GitHub's actions, and its steps run as GitHub's runner runs them."""
import json
import re
import shutil

import pytest

from conftest import ROOT, UNPINNED, check_schema, environment, load, run, yaml_blocks


class Runner:
    """The part of a runner that a composite action of shell steps needs: inputs, outputs, PATH, the shell's options."""

    def __init__(self, action, workspace, temp, path):
        self.action, self.workspace, self.temp, self.path = action, workspace, temp, str(path)
        temp.mkdir()

    def run(self, **inputs):
        """Runs the steps until one fails: exit code, the log, the action's outputs."""
        manifest = load(self.action / "action.yml")
        values = {name: str(inputs.pop(name, declared["default"])) for name, declared in manifest["inputs"].items()}
        assert not inputs, f"no inputs of the action: {inputs}"
        outputs, log, code = {}, "", 0
        for step in manifest["runs"]["steps"]:
            code, out = self.step(step, values, outputs)
            log += out
            if code != 0:
                break
        named = {name: self.expand(declared["value"], {}, outputs) for name, declared in manifest["outputs"].items()}
        return code, log, named

    @staticmethod
    def expand(text, inputs, outputs):
        known = {f"inputs.{name}": value for name, value in inputs.items()}
        known |= {f"steps.{step}.outputs.{name}": value for (step, name), value in outputs.items()}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: known[match[1]], text)

    def step(self, step, inputs, outputs):
        assert step["shell"] == "bash"
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        env = {**environment("/usr/bin"), "PATH": self.path, "GITHUB_ACTION_PATH": str(self.action), "CI": "true",
               "GITHUB_WORKSPACE": str(self.workspace), "RUNNER_TEMP": str(self.temp),
               **{name: str(file) for name, file in files.items()},
               **{name: self.expand(value, inputs, outputs) for name, value in step.get("env", {}).items()}}
        done = run("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script, cwd=self.workspace, check=False, env=env)
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            outputs[step["id"], name] = value
        self.path = ":".join([*reversed(files["GITHUB_PATH"].read_text(encoding="utf-8").split()), self.path])
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def action(tmp_path):
    """The files of this repository that the action uses."""
    path = tmp_path / "action"
    shutil.copytree(ROOT / "deploy/ci", path / "deploy/ci")
    shutil.copy(ROOT / "action.yml", path)
    return path


def test_action_is_valid():
    check_schema("vendor.github-actions", ROOT / "action.yml")


def test_findings_fail_the_job_as_annotations_and_sarif(action, repository, bin_dir, tmp_path):
    runner = Runner(action, repository, tmp_path / "temp", f"{bin_dir}:/usr/bin:/bin")
    code, log, outputs = runner.run()
    assert code == 1, log
    assert f"warmgate: using {bin_dir}/warmgate\n" in log
    assert ("::error file=deploy/pod.yaml,line=9,endLine=9,col=23,endColumn=37,title=WG101 unpinned-revision::"
            'container "vllm" serves Qwen/Qwen3-32B without --revision') in log
    assert outputs == {"sarif": "warmgate.sarif"}
    results = json.loads((repository / "warmgate.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["WG101"]


def test_paths_and_arguments_are_lines(action, repository, bin_dir, tmp_path):
    (repository / "two words").mkdir()
    (repository / "two words" / "pod.yaml").write_text(UNPINNED, encoding="utf-8")
    runner = Runner(action, repository, tmp_path / "temp", f"{bin_dir}:/usr/bin:/bin")
    code, log, outputs = runner.run(paths="two words\n\ncache.yaml\n", args="--fail-on=never\n", sarif="out put.sarif")
    assert code == 0, log
    assert "::error file=two words/pod.yaml," in log
    assert "deploy/pod.yaml" not in log
    assert outputs == {"sarif": "out put.sarif"}
    assert (repository / "out put.sarif").exists()


def test_wrong_arguments_fail_once_with_their_message(action, repository, bin_dir, tmp_path):
    runner = Runner(action, repository, tmp_path / "temp", f"{bin_dir}:/usr/bin:/bin")
    code, log, _ = runner.run(args="--no-such-option")
    assert code == 2
    assert log.count("--no-such-option") == 1, log


def test_without_a_program_it_is_built_from_the_source_of_the_action(action, repository, bin_dir, tmp_path):
    """scripts/build has its own tests; here a stand-in makes the program."""
    build = action / "scripts/build"
    build.parent.mkdir()
    build.write_text(f'#!/bin/sh\nmkdir -p "{action}/build/bin"\ncp -L "{bin_dir}/warmgate" "{action}/build/bin/"\n', encoding="utf-8")
    build.chmod(0o755)
    runner = Runner(action, repository, tmp_path / "temp", "/usr/bin:/bin")
    code, log, _ = runner.run(paths="cache.yaml")
    assert code == 0, log
    assert "warmgate: building from source" in log
    assert "0 errors, 0 warnings, 0 info; checked 1 object" in log


def test_an_image_sees_the_working_tree_and_no_network(action, repository, bin_dir, tmp_path):
    """Docker is not here: a program of its name takes the command line and runs Warmgate."""
    docker = bin_dir / "docker"
    docker.write_text(f"""#!/usr/bin/env bash
printf '%s\\n' "$*" >>'{tmp_path}/docker.log'
while [[ $1 != registry.example/warmgate:1 ]]; do shift; done
exec '{bin_dir}/warmgate' "${{@:2}}"
""", encoding="utf-8")
    docker.chmod(0o755)
    runner = Runner(action, repository, tmp_path / "temp", f"{bin_dir}:/usr/bin:/bin")
    code, log, _ = runner.run(image="registry.example/warmgate:1", paths="deploy")
    assert code == 1, log
    assert "::error file=deploy/pod.yaml," in log
    words = (tmp_path / "docker.log").read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(rf"run --rm -i --network none --user \d+:\d+ -v {repository}:{repository}:ro -w {repository} "
                        r"registry\.example/warmgate:1 lint --format sarif deploy", words), words


def test_documented_workflow_is_valid_and_names_inputs_of_the_action(tmp_path):
    workflow = tmp_path / "workflow.yaml"
    workflow.write_text(yaml_blocks("docs/ci.md")[".github/workflows/manifests.yaml"], encoding="utf-8")
    check_schema("vendor.github-workflows", workflow)
    inputs = load(ROOT / "action.yml")["inputs"]
    steps = [step for job in load(workflow)["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if "/warmgate@" in step.get("uses", "")]
    assert len(ours) == 1
    assert set(ours[0].get("with", {})) <= set(inputs)
