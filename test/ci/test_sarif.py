"""SARIF by Microsoft's validator (the rules of the standard and of GitHub's code scanning) and by the schema in its package."""
import json

import jsonschema
import pytest

from conftest import BINARY, ROOT, TOOLS, UNPINNED, environment, run

PACKAGE = TOOLS / "node_modules/@microsoft/sarif-multitool-linux"
# The validator leaves out of the schema what it cannot read into its own types, enumerations say.
SCHEMA = jsonschema.Draft202012Validator(json.loads((PACKAGE / "sarif-2.1.0.json").read_text(encoding="utf-8-sig")))
# All rules but the one that asks the network whether URLs exist.
CONFIG = ROOT / "test/ci/validator.xml"
# What the validator advises and Warmgate leaves out, and why.
ACCEPTED = {
    "SARIF2002": "messages by id and arguments: code scanning reads message.text",
    "SARIF2003": "version control details: the linter asks no git",
    "SARIF2005": "informationUri: the project names no site",
    "SARIF2010": "code snippets: code scanning has the file, and an excerpt could show what is beside a secret",
    "SARIF2011": "the same of the lines around it",
    "SARIF2016": "absolute URIs: of files outside of the working directory there are no others",
    "SARIF2012": "helpUri and names in Pascal case: the pages of the rules are in the report, their names are slugs",
}


def lint(tree, *arguments, code=1):
    done = run(BINARY, "lint", "--format", "sarif", *arguments, cwd=tree, check=False, env=environment("/usr/bin"))
    assert done.returncode == code, done.stderr
    return done.stdout


def complaints(sarif, tmp_path):
    """What schema and validator say about a report, without what is accepted: ["error SARIF1001 ..."]."""
    report, judged = tmp_path / "report.sarif", tmp_path / "judged.sarif"
    report.write_text(sarif, encoding="utf-8")
    env = {**environment("/usr/bin"), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = run(PACKAGE / "Sarif.Multitool", "validate", report, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note",
               "--config", CONFIG, "--log", "ForceOverwrite", "--output", judged, cwd=tmp_path, check=False, env=env)
    assert judged.exists(), done.stdout + done.stderr
    out = [f"schema {error.json_path} {error.message}" for error in SCHEMA.iter_errors(json.loads(sarif))]
    for result in json.loads(judged.read_text(encoding="utf-8-sig"))["runs"][0]["results"]:
        rule = result["ruleId"].partition("/")[0]
        level = result.get("level", "warning")
        if level == "error" or rule not in ACCEPTED:
            out.append(f"{level} {result['ruleId']} {result['message'].get('text') or result['message']['arguments']}")
    return out


def results_of(sarif):
    return json.loads(sarif)["runs"][0]["results"]


def test_validator_sees_what_is_wrong(tmp_path):
    """A column kind that does not exist (the schema), a region that ends before it begins (the standard)."""
    report = json.loads(lint(ROOT, "examples/bare-pod.json"))
    report["runs"][0]["columnKind"] = "bytes"
    assert [complaint.split()[:2] for complaint in complaints(json.dumps(report), tmp_path)] == [
        ["schema", "$.runs[0].columnKind"]]
    report["runs"][0]["columnKind"] = "unicodeCodePoints"
    report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] |= {"startColumn": 9, "endColumn": 3}
    assert any(complaint.startswith("error SARIF1") for complaint in complaints(json.dumps(report), tmp_path))


def test_findings_of_every_rule_fixture_are_valid(tmp_path):
    sarif = lint(ROOT, "test/rules")
    assert {result["ruleId"] for result in results_of(sarif)} >= {"WG001", "WG002", "WG101", "WG205", "WG301", "WG501"}
    assert complaints(sarif, tmp_path) == []


def test_a_clean_report_is_valid(tmp_path):
    sarif = lint(ROOT, "test/pattern/deployment.yaml", "test/pattern/pvc.yaml", code=0)
    assert results_of(sarif) == []
    assert complaints(sarif, tmp_path) == []


def test_odd_names_and_unreadable_files_are_valid(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("two words.yaml", "50%.yaml", "a#b?c.yaml", "colon: name.yaml", "\u6a21\u578b.yaml", "[x](y).yaml"):
        (tree / name).write_text(UNPINNED, encoding="utf-8")
    (tmp_path / "outside.yaml").write_text(UNPINNED, encoding="utf-8")
    sarif = lint(tree, ".", tmp_path / "outside.yaml", "gone.yaml", "-")
    assert len(results_of(sarif)) == 8
    assert complaints(sarif, tmp_path) == []


def test_waived_findings_are_valid(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: a}\n"
                      "spec: {waivers: {allowed: [WG101]}}\n", encoding="utf-8")
    pod = tmp_path / "pod.yaml"
    pod.write_text(UNPINNED.replace("  name: server\n", "  name: server\n  annotations:\n"
                                    "    warmgate.dev/waive: WG101=a test\n"), encoding="utf-8")
    sarif = lint(tmp_path, "pod.yaml", "--policy", policy, code=0)
    assert [result["suppressions"] for result in results_of(sarif)] == [[{"kind": "inSource", "justification": "a test"}]]
    assert complaints(sarif, tmp_path) == []


@pytest.mark.parametrize("redirect", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written_is_a_failure(redirect):
    for form in ("sarif", "github", "gitlab"):
        done = run("bash", "-c", f"'{BINARY}' lint --format {form} examples/bare-pod.json {redirect}", cwd=ROOT, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("warmgate: standard output: ")
