"""Pods that are held back: what they are told, how long, and the commands that a person uses meanwhile."""
import subprocess

import pytest

from harness import tools
from harness.caches import (
    GATE,
    create_held,
    events_about,
    gpu_deployment,
    gpu_pod_of,
    is_gated,
    made_jobs,
    model_cache,
    running_download,
    succeed,
    wait_gated,
    wait_held,
    wait_ready,
    wait_reason,
    wait_running,
)
from harness.objects import COMMIT, MODEL, PATTERN
from harness.processes import mortal, wait_until



@pytest.fixture
def with_rules(warmgate, controller, namespace):
    """Sets spec.modelCaches of the policy for this namespace, until the test ends."""
    before = warmgate.config_map()["policy.yaml"]

    def change(**rules):
        entry = {"names": [namespace], "modelCaches": rules}
        warmgate.set_policy({"rules": {}, "namespaces": [entry]})
        controller.reload()

    yield change
    warmgate.set_policy(before)
    controller.reload()


def worker(admin, namespace, name="worker"):
    """A GPU Pod whose ModelCache is there and not Ready."""
    document = gpu_deployment(namespace, 1)
    wait_held(admin, document)
    admin.create(gpu_pod_of(document, name))


def wait_told(admin, namespace, name, reason, kind="Normal"):
    def told():
        return (kind, reason) in events_about(admin, namespace, name)

    wait_until(told, 30, f"{namespace}/{name} is told {reason}")


def scheduled(admin, namespace, name):
    admin.wait_for("Pod", namespace, name, lambda pod: pod["spec"].get("nodeName"), f"{name} is scheduled")


def test_a_pod_is_told_what_it_waits_for_and_how_long_it_took(controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    worker(admin, namespace)
    wait_told(admin, namespace, "worker", "WaitingForModelCache")
    succeed(admin, running_download(admin, namespace))
    scheduled(admin, namespace, "worker")
    wait_told(admin, namespace, "worker", "GateReleased")
    described = kubectl.ok("--namespace", namespace, "describe", "pod", "worker").out
    assert f"waits for ModelCache/qwen ({MODEL}@{COMMIT[:12]}): " in described
    assert f"ModelCache/qwen ({MODEL}@{COMMIT[:12]}) is Ready, " in described
    assert " after this Pod was created" in described


def test_a_download_that_ends_while_no_controller_runs_releases_its_pods_later(controller, admin, namespace):
    admin.create(model_cache(namespace))
    create_held(admin, gpu_deployment(namespace, 2))
    wait_gated(admin, namespace, 2)
    download = running_download(admin, namespace)
    controller.stop()
    succeed(admin, download)
    controller.start()
    wait_running(admin, namespace, 2, "vllm")


@pytest.mark.parametrize("after_hold", ["release", "keep"])
def test_policy_says_how_long_a_pod_is_held_and_what_then(controller, admin, namespace, with_rules, after_hold):
    with_rules(maxHold="3s", afterHold=after_hold)
    admin.create(model_cache(namespace))
    worker(admin, namespace)
    wait_told(admin, namespace, "worker", "HeldTooLong", "Warning")
    if after_hold == "release":
        scheduled(admin, namespace, "worker")
    else:
        assert is_gated(admin.get("Pod", namespace, "worker"))


def test_gates_that_policy_no_longer_wants_go_at_once(controller, admin, namespace, with_rules):
    admin.create(model_cache(namespace))
    worker(admin, namespace)
    wait_told(admin, namespace, "worker", "WaitingForModelCache")
    with_rules(gates=False)
    scheduled(admin, namespace, "worker")


def test_a_gate_that_says_not_what_it_waits_for_is_explained(controller, admin, namespace):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "odd",
            "namespace": namespace,
            "annotations": {"warmgate.dev/waits-for": "x" * 100_000},
        },
        "spec": {"schedulingGates": [GATE], "containers": [{"name": "a", "image": "nginx:1.29"}]},
    }
    admin.create(pod)
    wait_told(admin, namespace, "odd", "WaitsForUnreadable", "Warning")
    assert is_gated(admin.get("Pod", namespace, "odd"))


def test_until_ready_follows_a_download_to_its_end(plane, controller, admin, namespace):
    admin.create(model_cache(namespace))
    download = running_download(admin, namespace)
    command = [tools.warmgate(), "cache", "status", "qwen", "-n", namespace, "--until-ready"]
    command += ["--kubeconfig", plane.kubeconfig]
    with subprocess.Popen(mortal([str(word) for word in command]), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith(f"{namespace}/qwen ")
        succeed(admin, download)
        assert process.wait(30) == 0
        assert f"{namespace}/qwen Ready 100% 65.5 GB" in process.stdout.read()


def test_what_cache_adopt_writes_is_ready_without_a_download(plane, controller, admin, kubectl, namespace):
    for file in ("pvc.yaml", "job.yaml"):
        kubectl.ok("--namespace", namespace, "apply", "-f", PATTERN / file)

    def runs(pods):
        return [pod for pod in pods if pod["status"].get("phase") == "Running"]

    succeed(admin, runs(admin.wait_for_all("Pod", namespace, runs, "the pattern's download runs"))[0])
    kubectl.ok("-n", namespace, "wait", "--for=condition=Complete", "job/model-download", "--timeout=30s")
    adopted = plane.warmgate("cache", "adopt", "--claim", "model-cache", "--name", "qwen", "-n", namespace, "--apply")
    assert adopted.code == 0, adopted.text
    wait_ready(admin, namespace)
    wait_reason(admin, namespace, "Adopted")
    assert made_jobs(plane, namespace) == ["model-download"]
    shown = plane.warmgate("cache", "status", "qwen", "-n", namespace)
    assert " Ready  " in shown.out and " 100% " in shown.out, shown.text
