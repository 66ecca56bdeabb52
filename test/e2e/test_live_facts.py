"""Verdicts by what exists in the cluster, and what scales past one Pod on a volume of one node."""
import copy
import json
import re

import pytest

from harness import golden
from harness.api import ApiError
from harness.objects import assert_injected, claim, container, deployment, gpu_pod, model_cache, template_spec
from harness.processes import wait_until
from harness.storage import volume_for, storage_class

WORKER = "qwen3-32b-vllm"


def disk(namespace, name="model-cache", **spec):
    document = claim(namespace, name, "standard-rwo", "ReadWriteOnce")
    document["spec"].update(spec)
    return document


@pytest.fixture
def worker(warmgate, admin, kubectl, namespace):
    """A Deployment of one Pod that runs on a ReadWriteOnce claim, and Warmgate knows both."""
    admin.create(disk(namespace))
    warmgate.wait_claim_known(namespace)
    admin.create(deployment(namespace))
    kubectl.ok("--namespace", namespace, "rollout", "status", f"deployment/{WORKER}", "--timeout=60s")
    return namespace


def refusal(kubectl, *arguments, text=None):
    answer = kubectl(*arguments, text=text)
    assert answer.code == 1, answer.text
    return answer.text


def test_a_claim_of_one_node_may_be_mounted_by_one_workload_only(worker, kubectl, admin):
    second = json.dumps(deployment(name="second"))

    def answer():
        found = kubectl("--namespace", worker, "create", "--dry-run=server", "-f", "-", text=second)
        return found.code and found.text

    # The server hears of the Pod of the first one by its watch.
    text = wait_until(answer, 30, "Warmgate knows who mounts the claim")
    golden.check("live-facts/two-workloads.txt", re.sub(rf"Pod/{WORKER}-\w+-\w+", f"Pod/{WORKER}-ID", text))


def test_a_workload_is_not_scaled_past_one_pod_on_a_claim_of_one_node(worker, kubectl, admin):
    scale = ("--namespace", worker, "scale", "deployment", WORKER)
    golden.check("live-facts/scale.txt", refusal(kubectl, *scale, "--replicas=2"))
    assert admin.get("Deployment", worker, WORKER)["spec"]["replicas"] == 1


def test_an_autoscaler_past_one_pod_on_a_claim_of_one_node_is_refused(worker, kubectl):
    scale = ("--namespace", worker, "autoscale", "deployment", WORKER, "--min=1", "--cpu=80%")
    golden.check("live-facts/autoscaler.txt", refusal(kubectl, *scale, "--max=3"))
    kubectl.ok(*scale, "--max=1")


def test_what_was_too_many_before_may_be_scaled_down(warmgate, worker, kubectl, admin):
    warmgate.uninstall()
    try:
        kubectl.ok("--namespace", worker, "scale", "deployment", WORKER, "--replicas=3")
    finally:
        warmgate.install()
    for replicas in (2, 1, 0):
        kubectl.ok("--namespace", worker, "scale", "deployment", WORKER, f"--replicas={replicas}")
    answer = kubectl("--namespace", worker, "scale", "deployment", WORKER, "--replicas=2")
    assert "denied the request" in answer.text


def test_a_claim_whose_volume_is_on_one_node_may_be_shared_there(warmgate, admin, kubectl, namespace):
    """The same Deployment of two Pods is refused on a volume that can move, and passes on a local one."""
    two = deployment(namespace)
    two["spec"]["replicas"] = 2
    container(two).pop("resources")  # the GPUs of one node may be taken
    admin.create(disk(namespace, "moving"))
    template_spec(two)["volumes"][0]["persistentVolumeClaim"]["claimName"] = "moving"
    warmgate.wait_claim_known(namespace, "moving")
    with pytest.raises(ApiError, match="WG201 rwo-cache-shared"):
        admin.create(two, dryRun="All")

    local = admin.create(disk(namespace, "local", storageClassName="", volumeName=f"local-{namespace}")).body
    volume = volume_for(local, storage_class("standard-rwo"), None)
    volume["metadata"] = {"name": f"local-{namespace}"}
    del volume["spec"]["csi"]
    volume["spec"].update(storageClassName="", local={"path": "/mnt/nvme"}, persistentVolumeReclaimPolicy="Retain")
    host = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["gpu-0"]}
    volume["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}}
    admin.create(volume)
    try:
        template_spec(two)["volumes"][0]["persistentVolumeClaim"]["claimName"] = "local"

        def passes():
            try:
                return not any("WG306" in text for text in admin.create(two, dryRun="All").warnings)
            except ApiError as error:
                assert "WG201" in error.message
                return False

        wait_until(passes, 30, "Warmgate knows where the volume is")
        admin.create(two)
        kubectl.ok("--namespace", namespace, "rollout", "status", f"deployment/{WORKER}", "--timeout=60s")
        pods = admin.list("Pod", namespace)
        assert [pod["spec"]["nodeName"] for pod in pods] == ["gpu-0", "gpu-0"]
    finally:
        admin.delete("PersistentVolume", None, volume["metadata"]["name"])


def test_a_model_cache_that_comes_later_serves_the_next_pod(warmgate, admin, namespace):
    admin.create(claim(namespace, "model-cache", "standard-rwx"))
    with pytest.raises(ApiError, match="WG205"):
        admin.create(gpu_pod(namespace, "before"))
    admin.create(model_cache(namespace))

    def stored():
        try:
            return admin.create(gpu_pod(namespace, "after")).body
        except ApiError as error:
            assert "denied the request" in error.message
            return None

    assert_injected(wait_until(stored, 30, "Warmgate knows the ModelCache"))


@pytest.fixture
def lint(plane, warmgate, tmp_path):
    """`warmgate lint --cluster` by somebody's kubeconfig."""

    def run(document, kubeconfig):
        manifest = tmp_path / "manifest.json"
        manifest.write_text(json.dumps(document), encoding="utf-8")
        return plane.warmgate("lint", manifest.name, "--cluster", "--kubeconfig", kubeconfig, cwd=tmp_path)

    return run


def test_lint_by_the_cluster_gives_the_verdict_of_the_webhook(worker, plane, admin, lint):
    second = deployment(worker, "second")

    def refused_by_webhook(document):
        try:
            admin.create(document, dryRun="All")
        except ApiError as error:
            return error.message
        return ""

    wait_until(lambda: "WG201" in refused_by_webhook(second), 30, "Warmgate knows who mounts the claim")
    answer = lint(second, plane.kubeconfig)
    assert answer.code == 1, answer.text
    assert "WG201" in answer.text
    other = copy.deepcopy(second)
    admin.create(claim(worker, "shared", "standard-rwx"))
    template_spec(other)["volumes"][0]["persistentVolumeClaim"]["claimName"] = "shared"
    wait_until(lambda: refused_by_webhook(other) == "", 30, "the webhook accepts it")
    answer = lint(other, plane.kubeconfig)
    assert answer.code == 0, answer.text


def test_lint_by_the_cluster_names_the_right_that_is_missing(plane, namespace, lint):
    plane.user("stranger")
    answer = lint(deployment(namespace), plane.folder / "stranger.kubeconfig")
    assert answer.code == 2
    assert answer.err.startswith("warmgate: cannot list persistentvolumeclaims in the cluster: ")
    assert 'User "stranger" cannot list resource "persistentvolumeclaims"' in answer.err
    assert answer.out == ""
