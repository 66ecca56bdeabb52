"""The GitLab job: by the schema of GitLab's pipelines, and its script run as a runner does."""
import json

from conftest import ROOT, check_schema, environment, load, run, yaml_blocks

JOB = ROOT / "deploy/ci/warmgate.gitlab-ci.yml"


def run_job(repository, bin_dir, **variables):
    """The lines of `script` in one shell that stops at the first failure, with the job's variables."""
    job = load(JOB)["warmgate"]
    env = {**environment(bin_dir), **job["variables"], **variables}
    done = run("bash", "-e", "-o", "pipefail", "-c", "\n".join(job["script"]), cwd=repository, check=False, env=env)
    report = (repository / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8")
    return done, report


def test_job_is_valid():
    check_schema("vendor.gitlab-ci", JOB)


def test_findings_fail_the_job_with_a_report(repository, bin_dir):
    done, report = run_job(repository, bin_dir)
    assert done.returncode == 1, done.stderr
    assert "deploy/pod.yaml:9:23: error[WG101]" in done.stdout
    assert [(issue["check_name"], issue["location"]) for issue in json.loads(report)] == [
        ("WG101 unpinned-revision", {"path": "deploy/pod.yaml", "lines": {"begin": 9, "end": 9}})]


def test_the_report_of_the_last_run_is_no_input(repository, bin_dir):
    first, _ = run_job(repository, bin_dir)
    again, _ = run_job(repository, bin_dir)
    assert again.stdout == first.stdout


def test_paths_and_arguments_are_variables(repository, bin_dir):
    done, report = run_job(repository, bin_dir, WARMGATE_PATHS="cache.yaml")
    assert (done.returncode, json.loads(report)) == (0, [])
    done, report = run_job(repository, bin_dir, WARMGATE_PATHS="deploy cache.yaml", WARMGATE_ARGS="--fail-on never")
    assert (done.returncode, len(json.loads(report))) == (0, 1)


def test_wrong_usage_fails_the_job_with_code_2(repository, bin_dir):
    done, _ = run_job(repository, bin_dir, WARMGATE_ARGS="--no-such-option")
    assert done.returncode == 2


def test_documented_pipeline_is_valid(tmp_path):
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(yaml_blocks("docs/ci.md")[".gitlab-ci.yml"], encoding="utf-8")
    check_schema("vendor.gitlab-ci", pipeline)
    included = [entry["file"] for entry in load(pipeline)["include"]]
    assert included == ["/deploy/ci/warmgate.gitlab-ci.yml"]
