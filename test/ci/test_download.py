"""The scripts of the controller's Jobs with the real huggingface_hub, which the download installs from PyPI as it does in a
cluster, against a server that answers as the Hub does."""
import json
import os
import pathlib
import subprocess

import pytest

from conftest import ROOT, TOOLS, run
from hub import COMMIT, FILES, REPO, Hub, etag

SCRIPTS = ROOT / "src" / "controller"
FOLDER = "hub/models--" + REPO.replace("/", "--")
BYTES = sum(len(content) for content in FILES.values())
DONE = {"result": "done", "files": len(FILES), "bytes": BYTES, "verified": True}
TOKEN = "hf_" + "t" * 34


@pytest.fixture(scope="module", name="work")
def work_folder(tmp_path_factory):
    """The folder of a container to write in: huggingface_hub is installed into it once."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module", name="hub")
def running_hub():
    with Hub() as server:
        yield server


@pytest.fixture(name="claim")
def claim_folder(tmp_path):
    return tmp_path / "claim"


class Container:
    """Runs a script as the Job's container does; what it says and how it ended."""

    def __init__(self, script, claim, work, hub, **variables):
        message = work / "termination"
        message.unlink(missing_ok=True)
        installed = work / "python"
        path = [str(TOOLS / "venv" / "bin"), "/usr/bin", "/bin"]
        environment = {
            "HOME": work,
            "TMPDIR": work,
            "WARMGATE_WORK": work,
            "WARMGATE_TERMINATION_LOG": message,
            "MODEL_NAME": REPO,
            "MODEL_REVISION": COMMIT,
            "HF_HOME": claim,
            "HF_ENDPOINT": hub.address,
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            **variables,
        }
        if installed.exists():
            path.insert(0, str(installed / "bin"))
            environment["PYTHONPATH"] = installed
        environment["PATH"] = ":".join(path)
        done = subprocess.run(
            ["sh", SCRIPTS / script],
            env={name: str(value) for name, value in environment.items()},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.text = done.stdout + done.stderr
        assert TOKEN not in self.text
        self.code = done.returncode
        self.result = json.loads(message.read_text(encoding="utf-8"))
        self.progress = [json.loads(line)["progress"] for line in done.stdout.splitlines() if line.startswith('{"progress"')]


def offline_path(claim, work):
    """Where a reader finds the model without asking anybody."""
    code = (
        "from huggingface_hub import snapshot_download as find; "
        f"print(find({REPO!r}, revision={COMMIT!r}, local_files_only=True) == find({REPO!r}, local_files_only=True))"
    )
    environment = {"HF_HOME": str(claim), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(work / "python"), "HOME": str(work)}
    return run(TOOLS / "venv/bin/python", "-c", code, cwd=work, env=environment).stdout


def test_a_download_installs_hf_and_leaves_what_readers_find_offline(claim, work, hub):
    container = Container("download.sh", claim, work, hub)
    assert (container.code, container.result) == (0, DONE), container.text
    assert container.progress[-1] == {"bytes": BYTES, "total": BYTES, "files": len(FILES), "verifying": True}
    for name, content in FILES.items():
        assert (claim / FOLDER / "snapshots" / COMMIT / name).read_bytes() == content
    assert (claim / FOLDER / "refs" / COMMIT).read_bytes() == COMMIT.encode()
    assert offline_path(claim, work) == "True\n"


def test_a_second_run_finds_everything(claim, work, hub):
    assert Container("download.sh", claim, work, hub).code == 0
    blob = claim / FOLDER / "blobs" / etag("config.json")
    before = blob.stat().st_mtime_ns
    assert Container("download.sh", claim, work, hub).result == DONE
    assert blob.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "mode, code, reason",
    [
        ("no such repository", 72, "RevisionNotFound"),
        ("no such repository, without a token", 72, "RevisionNotFound"),
        ("no such commit", 72, "RevisionNotFound"),
        ("a token that is not valid", 71, "GatedRepo"),
        ("a token without the right", 71, "GatedRepo"),
        ("a gated repository", 71, "GatedRepo"),
        ("a byte that is wrong", 73, "ChecksumMismatch"),
        ("a server in trouble", 1, "Failed"),
    ],
)
def test_each_refusal_is_known_by_what_hf_says(claim, work, hub, mode, code, reason):
    hub.mode = mode
    container = Container("download.sh", claim, work, hub)
    hub.mode = "ok"
    assert (container.code, container.result["result"]) == (code, reason), container.text
    assert Container("download.sh", claim, work, hub).result == DONE  # once it is mended


def test_patterns_choose_the_files(claim, work, hub):
    patterns = {"WARMGATE_ALLOW_PATTERNS": "*.json\nsub dir/*\noriginal/", "WARMGATE_IGNORE_PATTERNS": "original/*"}
    container = Container("download.sh", claim, work, hub, **patterns)
    wanted = {"config.json", "sub dir/tok en.json"}
    total = sum(len(FILES[name]) for name in wanted)
    assert container.result == {"result": "done", "files": 2, "bytes": total, "verified": True}, container.text
    assert container.progress[-1]["total"] == total
    snapshot = claim / FOLDER / "snapshots" / COMMIT
    assert {str(path.relative_to(snapshot)) for path in snapshot.rglob("*") if not path.is_dir()} == wanted


def test_a_removal_leaves_nothing_of_the_model(claim, work, hub):
    assert Container("download.sh", claim, work, hub).code == 0
    assert Container("remove.sh", claim, work, hub).code == 0
    left = [str(path.relative_to(claim)) for path in pathlib.Path(claim).rglob("*") if not path.is_dir()]
    assert left == ["hub/CACHEDIR.TAG"]
