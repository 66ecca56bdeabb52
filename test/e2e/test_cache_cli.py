"""`warmgate cache` and `warmgate gates` as a person types them, with the CRDs installed and no controller."""
import json
import subprocess

import pytest

from harness import tools
from harness.caches import BYTES, GATE, model_cache, on_claim
from harness.kubectl import Kubectl
from harness.nodes import end_pod
from harness.objects import COMMIT, MODEL, PATTERN, claim, plain_pod
from harness.processes import mortal

PINNED = f"{MODEL}@{COMMIT}"
OTHER_GATE = {"name": "example.com/quota"}

pytestmark = pytest.mark.usefixtures("warmgate")


def tell(admin, namespace, phase, reason, message="", name="qwen", **more):
    """What the controller would write into the status."""
    ready = {
        "type": "Ready",
        "status": "True" if phase == "Ready" else "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-11-26T10:00:00Z",
    }
    status = {"phase": phase, "conditions": [ready], **more}
    admin.patch("ModelCache", namespace, name, {"status": status}, subresource="status")


def downloading(done):
    return {"bytes": {"done": done, "total": BYTES}, "bytesPerSecond": 108_000_000, "remainingSeconds": 317}


def gated_pod(namespace, name, *gates):
    pod = plain_pod(namespace, name)
    pod["spec"]["schedulingGates"] = list(gates)
    return pod


def gates_of(admin, namespace, name):
    return admin.get("Pod", namespace, name)["spec"].get("schedulingGates", [])


def as_person(plane, name):
    """warmgate with the kubeconfig of a person of plane.user(name)."""
    plane.user(name)
    return Kubectl(tools.warmgate(), plane.folder / f"{name}.kubeconfig", plane.folder / "home")


def test_create_prints_what_kubectl_takes_and_applies_it_by_itself(plane, admin, kubectl, namespace):
    printed = plane.warmgate("cache", "create", PINNED, "--claim", "model-cache", "--name", "qwen", "-n", namespace)
    assert printed.code == 0, printed.text
    assert "# A claim that is there." in printed.out
    assert kubectl("apply", "-f", "-", text=printed.out).out == "modelcache.warmgate.dev/qwen created\n"
    options = ("--storage-class", "standard-rwx", "--size", "200Gi", "--token-secret", "hf:read")
    applied = plane.warmgate("cache", "create", PINNED, "-n", namespace, "--apply", "--name", "made", *options)
    assert applied.out == (
        f"ModelCache/made is applied in namespace {namespace}; "
        f"see it with: warmgate cache status made -n {namespace} --watch\n"
    ), applied.text
    made = admin.get("ModelCache", namespace, "made")
    assert made["spec"]["storage"]["create"]["size"] == "200Gi"
    assert made["spec"]["source"]["huggingFace"]["tokenSecretRef"] == {"name": "hf", "key": "read"}
    assert made["metadata"]["managedFields"][0]["manager"] == "warmgate-cli"
    again = plane.warmgate("cache", "create", PINNED, "-n", namespace, "--apply", "--name", "made", *options)
    assert again.code == 0, again.text
    other = f"{MODEL}@{'a' * 40}"
    refused = plane.warmgate("cache", "create", other, "-n", namespace, "--apply", "--name", "made", *options)
    assert refused.code == 2 and "source is immutable" in refused.err, refused.text


def test_status_shows_progress_and_what_is_in_the_way(plane, admin, namespace):
    none = plane.warmgate("cache", "status", "-n", namespace)
    assert (none.code, none.out) == (0, f"There are no ModelCaches in namespace {namespace}.\n"), none.text
    admin.create(model_cache(namespace, storage=on_claim("models")))
    admin.create(model_cache(namespace, "gated", "a" * 40, storage=on_claim("models")))
    tell(admin, namespace, "Downloading", "Downloading", **downloading(31_240_000_000))
    tell(admin, namespace, "Failed", "GatedRepo", "accept the licence", name="gated")
    shown = plane.warmgate("cache", "status", "-n", namespace)
    header, gated, why, qwen = shown.out.splitlines()
    assert header.split() == "NAME MODEL REVISION PHASE PROGRESS SIZE SPEED LEFT CLAIM USERS".split()
    assert gated.split()[:4] == ["gated", MODEL, "aaaaaaaaaaaa", "Failed"]
    assert why == "    GatedRepo: accept the licence"
    assert "  #########........... 47%  31.2 GB of 65.5 GB  108.0 MB/s  5m17s  models  0" in qwen
    everywhere = plane.warmgate("cache", "status", "-A")
    assert everywhere.out.startswith("NAMESPACE ") and f"\n{namespace} " in everywhere.out
    document = json.loads(plane.warmgate("cache", "status", "-n", namespace, "-o", "json").out)
    assert [(each["name"], each["ready"], each["reason"], each.get("percent")) for each in document["modelCaches"]] == [
        ("gated", False, "GatedRepo", None),
        ("qwen", False, "Downloading", 47),
    ]
    missing = plane.warmgate("cache", "status", "nobody", "-n", namespace)
    assert (missing.code, missing.err) == (2, f"warmgate: there is no ModelCache nobody in namespace {namespace}\n")
    forbidden = as_person(plane, "cli-nobody")("cache", "status", "-n", namespace)
    assert forbidden.code == 2 and "403 Forbidden" in forbidden.err, forbidden.text


@pytest.mark.parametrize("phase, code", [("Ready", 0), ("Failed", 1)])
def test_until_ready_tells_each_change_and_ends_with_the_download(plane, admin, namespace, phase, code):
    admin.create(model_cache(namespace, storage=on_claim("models")))
    tell(admin, namespace, "Downloading", "Downloading", **downloading(1_000_000_000))
    command = [tools.warmgate(), "cache", "status", "qwen", "-n", namespace, "--until-ready"]
    command += ["--kubeconfig", plane.kubeconfig]
    with subprocess.Popen(mortal([str(word) for word in command]), stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        assert first == f"{namespace}/qwen Downloading 1% 1.0 GB of 65.5 GB 108.0 MB/s 5m17s left\n"
        tell(admin, namespace, "Downloading", "Downloading", **downloading(2_000_000_000))
        assert process.stdout.readline().startswith(f"{namespace}/qwen Downloading 3% 2.0 GB")
        tell(admin, namespace, phase, "Why", "because", **downloading(BYTES))
        assert process.stdout.readline().startswith(f"{namespace}/qwen {phase} ")
        assert process.wait(30) == code


def test_watch_ends_when_its_reader_has_gone(plane, admin, namespace):
    admin.create(model_cache(namespace, storage=on_claim("models")))
    command = f"{tools.warmgate()} cache status -n {namespace} --watch --kubeconfig {plane.kubeconfig} | head -n 1"
    with subprocess.Popen(mortal(["bash", "-c", f"set -o pipefail; {command}"]), stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        tell(admin, namespace, "Failed", "GatedRepo")
        assert process.wait(30) == 0


def test_adopt_takes_over_the_patterns_own_job(plane, admin, kubectl, namespace):
    admin.create(claim(namespace, "model-cache", "standard-rwx"))
    kubectl.ok("apply", "-n", namespace, "-f", PATTERN / "job.yaml")

    def adopt(*arguments):
        return plane.warmgate("cache", "adopt", "--claim", "model-cache", "-n", namespace, *arguments)

    early = adopt()
    assert early.code == 2 and "Job/model-download: it has not completed" in early.err, early.text

    def running(pods):
        return [pod for pod in pods if pod["status"].get("phase") == "Running"]

    pods = running(admin.wait_for_all("Pod", namespace, running, "the Job's Pod runs"))
    end_pod(admin, pods[0], 0)

    def complete(job):
        return any(each["type"] == "Complete" for each in job.get("status", {}).get("conditions") or [])

    admin.wait_for("Job", namespace, "model-download", complete, "the Job is complete")
    applied = adopt("--apply", "--name", "qwen")
    assert applied.code == 0 and "runAsUser" in applied.err, applied.text
    spec = admin.get("ModelCache", namespace, "qwen")["spec"]
    token = {"name": "hf-token-secret", "key": "HF_TOKEN"}
    assert spec["source"]["huggingFace"] == {"repo": MODEL, "revision": COMMIT, "tokenSecretRef": token}
    assert spec["storage"] == on_claim("model-cache")
    assert spec["mountPath"] == "/cache/huggingface"
    nowhere = plane.warmgate("cache", "adopt", "--claim", "nowhere", "-n", namespace)
    assert nowhere.code == 2 and '"nowhere" not found' in nowhere.err, nowhere.text


def test_gates_release_frees_every_pod_and_leaves_the_gates_of_others(plane, admin, namespace):
    second = admin.make_namespace(f"{namespace}-b")
    admin.create(gated_pod(namespace, "one", OTHER_GATE, GATE))
    admin.create(gated_pod(namespace, "two", GATE))
    admin.create(gated_pod(second, "three", GATE))
    admin.create(plain_pod(namespace, "free"))
    dry = plane.warmgate("gates", "release", "-n", namespace, "--dry-run")
    assert dry.code == 0, dry.text
    assert dry.out == (
        f"would release {namespace}/one\nwould release {namespace}/two\n"
        f"would release 2 Pods in namespace {namespace}\n"
    )
    assert gates_of(admin, namespace, "two") == [GATE]
    one = plane.warmgate("gates", "release", "one", "-n", namespace)
    assert one.out == f"released {namespace}/one\nreleased 1 Pod in namespace {namespace}\n", one.text
    assert gates_of(admin, namespace, "one") == [OTHER_GATE]
    all_of_them = plane.warmgate("gates", "release", "-A")
    assert all_of_them.code == 0, all_of_them.text
    assert f"released {namespace}/two\n" in all_of_them.out and f"released {second}/three\n" in all_of_them.out
    for where, name in ((namespace, "two"), (second, "three")):
        admin.wait_for("Pod", where, name, lambda pod: pod["spec"].get("nodeName"), f"{name} is scheduled")
    absent = plane.warmgate("gates", "release", "two", "-n", namespace)
    assert absent.code == 1 and f"no Pod of this name waits with our gate in namespace {namespace}: two" in absent.err, absent.text
    admin.delete("Namespace", None, second)


def test_gates_release_needs_only_to_list_and_patch_pods_and_goes_on_after_failures(plane, admin, kubectl, namespace):
    second = admin.make_namespace(f"{namespace}-b")
    person = as_person(plane, "cli-operator")
    denied = person("gates", "release", "-A")
    assert denied.code == 2 and "403 Forbidden" in denied.err, denied.text
    role = f"{namespace}-list"
    kubectl.ok("create", "clusterrole", role, "--verb=list", "--resource=pods")
    kubectl.ok("create", "clusterrolebinding", role, f"--clusterrole={role}", "--user=cli-operator")
    kubectl.ok("create", "role", "patch", "--verb=patch", "--resource=pods", "-n", second)
    kubectl.ok("create", "rolebinding", "patch", "--role=patch", "--user=cli-operator", "-n", second)
    admin.create(gated_pod(namespace, "kept", GATE))
    admin.create(gated_pod(second, "freed", GATE))
    done = person("gates", "release", "-A")
    assert done.code == 1, done.text
    assert f"released {second}/freed\nreleased 1 Pod in all namespaces; 1 failed\n" in done.out
    assert f"warmgate: {namespace}/kept: PATCH " in done.err and "403 Forbidden" in done.err
    assert gates_of(admin, namespace, "kept") == [GATE]
    kubectl.ok("delete", "clusterrole,clusterrolebinding", role)
    admin.delete("Namespace", None, second)
