"""What happens to a cache in the course of its life: others beside it, upgrades, and everything that is taken away."""
import time

import pytest

from harness.caches import (
    NEXT_COMMIT,
    condition,
    create_held,
    events_about,
    gpu_deployment,
    is_ready,
    made_jobs,
    make_ready,
    model_cache,
    on_claim,
    running_download,
    succeed,
    wait_gated,
    wait_ready,
    wait_reason,
    wait_running,
    writers,
)
from harness.objects import COMMIT, claim
from harness.processes import wait_until

MANY = 50


@pytest.fixture
def shared(admin, namespace):
    """A claim of a person's own."""
    admin.create(claim(namespace, "shared", "standard-rwx"))
    return namespace


def test_a_second_model_on_the_claim_waits_for_the_first_download(plane, controller, admin, shared):
    admin.create(model_cache(shared, "first", storage=on_claim("shared")))
    download = running_download(admin, shared)
    admin.create(model_cache(shared, "second", repo="org/other", revision=NEXT_COMMIT, storage=on_claim("shared")))
    cache = wait_reason(admin, shared, "Waiting", "second")
    assert "first" in condition(cache, "Downloaded")["message"]
    assert len(made_jobs(plane, shared)) == 1
    succeed(admin, download)
    wait_ready(admin, shared, "first")
    succeed(admin, running_download(admin, shared, besides=[download]))
    wait_ready(admin, shared, "second")
    assert sorted(made_jobs(plane, shared)) == [f"first-{COMMIT[:8]}", f"second-{NEXT_COMMIT[:8]}"]


def test_an_upgrade_leaves_the_running_pods_alone_and_reports_the_old_cache(controller, admin, kubectl, shared):
    admin.create(model_cache(shared, "old", storage=on_claim("shared")))
    make_ready(admin, shared, "old")
    admin.create(gpu_deployment(shared, 2))
    before = wait_running(admin, shared, 2, "vllm")
    wait_until(lambda: users(admin, shared, "old") == 2, 20, "both Pods are users of the old cache")

    admin.create(model_cache(shared, "new", revision=NEXT_COMMIT, storage=on_claim("shared")))
    make_ready(admin, shared, "new")
    assert {pod["metadata"]["uid"] for pod in wait_running(admin, shared, 2, "vllm")} == {
        pod["metadata"]["uid"] for pod in before
    }
    assert is_ready(admin.get("ModelCache", shared, "old"))

    admin.delete("Deployment", shared, "vllm")
    replaced = admin.wait_for(
        "ModelCache", shared, "old", lambda cache: cache["status"].get("unusedSince"), "the old cache is unused", 30
    )
    assert replaced["status"]["replacedBy"] == "new"
    told = ("Normal", "ReplacedAndUnused")
    wait_until(lambda: told in events_about(admin, shared, "old"), 10, "the old cache is reported")


def users(admin, namespace, name):
    return admin.get("ModelCache", namespace, name)["status"].get("users")


def test_a_cache_in_use_is_deleted_when_nobody_uses_it_any_more(controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace, reclaimPolicy="Delete"))
    make_ready(admin, namespace)
    admin.create(gpu_deployment(namespace, 1))
    (pod,) = wait_running(admin, namespace, 1, "vllm")
    wait_until(lambda: users(admin, namespace, "qwen") == 1, 20, "the Pod is a user of the cache")
    kubectl.ok("--namespace", namespace, "delete", "modelcache", "qwen", "--wait=false")
    cache = wait_reason(admin, namespace, "InUse")
    found = [each for each in cache["status"]["conditions"] if each["reason"] == "InUse"]
    assert pod["metadata"]["name"] in found[0]["message"]
    admin.delete("Deployment", namespace, "vllm")
    admin.wait_gone("ModelCache", namespace, "qwen", 30)
    # The claim was made for it.
    admin.wait_gone("PersistentVolumeClaim", namespace, "qwen", 30)


def test_delete_removes_only_the_files_of_the_model_from_a_shared_claim(controller, admin, shared):
    admin.create(model_cache(shared, storage=on_claim("shared"), reclaimPolicy="Delete"))
    make_ready(admin, shared)
    admin.delete("ModelCache", shared, "qwen")
    removal = running_download(admin, shared, task="remove")
    assert admin.get("ModelCache", shared, "qwen")["metadata"]["finalizers"] == ["warmgate.dev/model-cache"]
    succeed(admin, removal)
    admin.wait_gone("ModelCache", shared, "qwen", 30)
    assert "deletionTimestamp" not in admin.get("PersistentVolumeClaim", shared, "shared")["metadata"]


def test_a_finalizer_never_sticks_to_a_broken_claim(controller, admin, namespace):
    admin.create(model_cache(namespace, storage=on_claim("never-there"), reclaimPolicy="Delete"))
    wait_reason(admin, namespace, "ClaimNotFound")
    admin.delete("ModelCache", namespace, "qwen")
    admin.wait_gone("ModelCache", namespace, "qwen", 30)


def test_a_person_can_force_the_deletion_of_a_cache_in_use(controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    make_ready(admin, namespace)
    admin.create(gpu_deployment(namespace, 1))
    wait_running(admin, namespace, 1, "vllm")
    wait_until(lambda: users(admin, namespace, "qwen") == 1, 20, "the Pod is a user of the cache")
    admin.delete("ModelCache", namespace, "qwen")
    wait_reason(admin, namespace, "InUse")
    kubectl.ok("--namespace", namespace, "annotate", "modelcache/qwen", "warmgate.dev/force-delete=true")
    admin.wait_gone("ModelCache", namespace, "qwen", 30)


def test_a_cache_whose_claim_was_made_anew_downloads_anew(plane, controller, admin, shared):
    admin.create(model_cache(shared, storage=on_claim("shared")))
    make_ready(admin, shared)
    for job in admin.list("Job", shared):  # its Pod holds the claim
        admin.delete("Job", shared, job["metadata"]["name"], propagationPolicy="Foreground")
        admin.wait_gone("Job", shared, job["metadata"]["name"])
    assert is_ready(admin.get("ModelCache", shared, "qwen")), "Ready is latched: the Job may go"
    admin.delete("PersistentVolumeClaim", shared, "shared")
    admin.wait_gone("PersistentVolumeClaim", shared, "shared")
    wait_reason(admin, shared, "ClaimNotFound")
    admin.create(claim(shared, "shared", "standard-rwx"))
    make_ready(admin, shared)
    assert len(made_jobs(plane, shared)) == 2


def test_a_download_that_is_deleted_by_hand_begins_again(plane, controller, admin, namespace):
    admin.create(model_cache(namespace))
    first = running_download(admin, namespace)
    admin.delete("Job", namespace, f"qwen-{COMMIT[:8]}", propagationPolicy="Background")
    succeed(admin, running_download(admin, namespace, besides=[first]))
    wait_ready(admin, namespace)
    assert len(made_jobs(plane, namespace)) == 2


def test_a_job_that_is_deleted_after_ready_is_not_made_again(plane, controller, admin, namespace):
    admin.create(model_cache(namespace))
    make_ready(admin, namespace)
    admin.delete("Job", namespace, f"qwen-{COMMIT[:8]}", propagationPolicy="Background")
    admin.wait_gone("Job", namespace, f"qwen-{COMMIT[:8]}")
    admin.create(model_cache(namespace, "after", revision=NEXT_COMMIT))  # reconciled later than the deletion
    make_ready(admin, namespace, "after")
    assert is_ready(admin.get("ModelCache", namespace, "qwen"))
    assert len(made_jobs(plane, namespace)) == 2


def test_a_node_that_is_lost_during_the_download_costs_a_pod_and_no_attempt(plane, controller, admin, namespace):
    admin.create(model_cache(namespace, download={"backoffLimit": 0}))
    first = running_download(admin, namespace)
    node = first["spec"]["nodeName"]
    taint = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
    admin.patch("Node", None, node, {"spec": {"taints": [taint]}})
    try:
        second = running_download(admin, namespace, besides=[first])
        assert second["spec"]["nodeName"] != node
        succeed(admin, second)
        wait_ready(admin, namespace)
    finally:
        admin.patch("Node", None, node, {"spec": {"taints": None}})
    assert len(made_jobs(plane, namespace)) == 1


def test_fifty_caches_at_once(plane, controller, admin, namespace, note):
    started = time.monotonic()
    for index in range(MANY):
        admin.create(model_cache(namespace, f"model-{index}", repo=f"org/model-{index}"))

    def all_run(pods):
        return sum(pod["status"].get("phase") == "Running" for pod in writers(pods)) == MANY

    pods = admin.wait_for_all("Pod", namespace, all_run, f"{MANY} downloads run", 120)
    for pod in pods:
        succeed(admin, pod)

    def all_ready(caches):
        return sum(map(is_ready, caches)) == MANY

    admin.wait_for_all("ModelCache", namespace, all_ready, f"{MANY} caches are Ready", 120)
    assert len(made_jobs(plane, namespace)) == MANY
    note(f"{MANY} ModelCaches at once were Ready after {time.monotonic() - started:.1f} s")


def test_a_suspended_cache_downloads_nothing_and_its_pods_wait(plane, controller, admin, namespace):
    admin.create(model_cache(namespace, suspend=True))
    wait_reason(admin, namespace, "Suspended")
    create_held(admin, gpu_deployment(namespace, 1))
    wait_gated(admin, namespace, 1)
    assert made_jobs(plane, namespace) == []
    admin.patch("ModelCache", namespace, "qwen", {"spec": {"suspend": False}})
    make_ready(admin, namespace)
    wait_running(admin, namespace, 1, "vllm")
