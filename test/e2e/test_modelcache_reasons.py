"""Each reason that a person may have to act on: produced by what would produce it, read in `kubectl describe`."""
import pytest

from harness.caches import (
    NEXT_COMMIT,
    condition,
    create_held,
    fail,
    gpu_deployment,
    make_ready,
    model_cache,
    on_claim,
    reasons,
    running_download,
    succeed,
    wait_gated,
    wait_phase,
    wait_ready,
    wait_reason,
    waits,
)
from harness.nodes import end_pod, evict_pod, tell
from harness.objects import claim
from harness.processes import wait_until
from harness.storage import storage_class

TOKEN = {"tokenSecretRef": {"name": "hf-token", "key": "HF_TOKEN"}}


def create_class(name):
    return {"create": {"storageClassName": name, "size": "200Gi"}}


def ended(reason):
    return lambda admin, namespace: fail(admin, running_download(admin, namespace), reason)


def out_of_memory(admin, namespace):
    end_pod(admin, running_download(admin, namespace), 137, reason="OOMKilled")


def evicted(admin, namespace):
    evict_pod(admin, running_download(admin, namespace), "The node was low on resource: ephemeral-storage.")


def crashed(admin, namespace):
    end_pod(admin, running_download(admin, namespace), 1)


def nothing(admin, namespace):
    pass


# Reason: (the ModelCache's own fields, what happens to its download, what the message names).
REASONS = {
    "StorageClassNotFound": ({"storage": create_class("no-such-class")}, nothing, "no-such-class"),
    "ClassCannotShare": ({"storage": create_class("gp3")}, nothing, "gp3"),
    "ClaimNotFound": ({"storage": on_claim("no-such-claim")}, nothing, "no-such-claim"),
    "GatedRepo": ({}, ended("GatedRepo"), "tokenSecretRef"),
    "RevisionNotFound": ({}, ended("RevisionNotFound"), "git ls-remote"),
    "ChecksumMismatch": ({}, ended("ChecksumMismatch"), "hugging"),
    "OutOfSpace": ({}, ended("OutOfSpace"), "qwen"),
    "PermissionDenied": ({}, ended("PermissionDenied"), "fsGroup"),
    "ImagePullFailed": (
        {"download": {"image": "registry.example.com/none:1", **waits("ImagePullBackOff", "Back-off pulling image")}},
        nothing,
        "spec.download.image",
    ),
    "AuthSecretMissing": (
        {"source": TOKEN, "download": waits("CreateContainerConfigError", 'secret "hf-token" not found')},
        nothing,
        "hf-token",
    ),
    "DownloadUnschedulable": ({"download": {"nodeSelector": {"no": "such-node"}}}, nothing, "didn't match"),
    "DownloadOOMKilled": ({}, out_of_memory, "memory"),
    "DownloadEvicted": ({}, evicted, "ephemeral-storage"),
    "BackoffLimitExceeded": ({"download": {"backoffLimit": 0}}, crashed, "warmgate.dev/retry"),
    "DeadlineExceeded": ({"download": {"activeDeadlineSeconds": 1}}, nothing, "activeDeadlineSeconds"),
}

FAILED = {"GatedRepo", "RevisionNotFound", "ChecksumMismatch", "OutOfSpace", "PermissionDenied", "BackoffLimitExceeded"}
FAILED |= {"DeadlineExceeded"}


def described(kubectl, namespace, name="qwen"):
    return kubectl.ok("--namespace", namespace, "describe", "modelcache", name).out


def assert_told(kubectl, admin, namespace, reason, word):
    cache = wait_reason(admin, namespace, reason)
    # Its Event is told before the status is written.
    text = described(kubectl, namespace)
    conditions, events = text.split("Events:")
    assert reason in conditions, text
    assert reason in events, text
    found = [each for each in cache["status"]["conditions"] if each.get("reason") == reason]
    assert word in found[0]["message"], found[0]["message"]
    return cache


@pytest.mark.parametrize("reason", REASONS)
def test_a_person_reads_the_reason_in_kubectl_describe(controller, admin, kubectl, namespace, reason):
    fields, act, word = REASONS[reason]
    admin.create(model_cache(namespace, **fields))
    act(admin, namespace)
    if reason in FAILED:
        wait_phase(admin, namespace, "Failed")
    cache = assert_told(kubectl, admin, namespace, reason, word)
    assert condition(cache)["status"] == "False"
    assert (cache["status"]["phase"] == "Failed") == (reason in FAILED), cache["status"]


def test_a_claim_that_nobody_provides_is_pending(controller, admin, kubectl, namespace):
    slow = storage_class("standard-rwx")
    slow["metadata"]["name"], slow["provisioner"] = "slow-rwx", "nfs.csi.k8s.io"
    admin.create(slow)
    admin.create(claim(namespace, "slow", "slow-rwx"))
    admin.create(model_cache(namespace, storage=on_claim("slow")))
    assert_told(kubectl, admin, namespace, "ClaimPending", "slow")
    admin.delete("StorageClass", None, "slow-rwx")


def test_a_volume_where_no_cpu_node_is_has_a_topology_conflict(controller, admin, kubectl, namespace):
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"far-{namespace}"},
        "spec": {
            "capacity": {"storage": "1Ti"},
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "csi": {"driver": "filestore.csi.storage.gke.io", "volumeHandle": f"far-{namespace}"},
            "claimRef": {"namespace": namespace, "name": "far"},
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [
                        {
                            "matchExpressions": [
                                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-far"]}
                            ]
                        }
                    ]
                }
            },
        },
    }
    admin.create(volume)
    admin.create(claim(namespace, "far", ""))
    admin.create(model_cache(namespace, storage=on_claim("far")))
    assert_told(kubectl, admin, namespace, "TopologyConflict", f"far-{namespace}")


def test_a_quota_that_forbids_the_download_is_named(controller, admin, kubectl, namespace):
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": namespace},
        "spec": {"hard": {"pods": "0"}},
    }
    admin.create(quota)
    admin.wait_for("ResourceQuota", namespace, "none", lambda found: found.get("status", {}).get("hard"), "it counts")
    admin.create(model_cache(namespace))
    assert_told(kubectl, admin, namespace, "PodForbidden", "exceeded quota")


def test_another_layout_on_the_claim_is_a_conflict_that_the_younger_is_told(controller, admin, kubectl, namespace):
    admin.create(claim(namespace, "shared", "standard-rwx"))
    admin.create(model_cache(namespace, "older", storage=on_claim("shared")))
    running_download(admin, namespace)
    admin.create(model_cache(namespace, storage=on_claim("shared"), revision=NEXT_COMMIT, mountPath="/models"))
    assert_told(kubectl, admin, namespace, "DestinationConflict", "older")
    succeed(admin, running_download(admin, namespace))
    wait_ready(admin, namespace, "older")


def test_the_same_commit_twice_on_a_claim_is_a_conflict(controller, admin, kubectl, namespace):
    admin.create(claim(namespace, "shared", "standard-rwx"))
    admin.create(model_cache(namespace, "older", storage=on_claim("shared")))
    running_download(admin, namespace)
    admin.create(model_cache(namespace, storage=on_claim("shared")))
    assert_told(kubectl, admin, namespace, "DestinationConflict", "older")


def test_one_failed_pod_is_not_a_failed_cache(plane, controller, admin, namespace):
    admin.create(model_cache(namespace))
    first = running_download(admin, namespace)
    end_pod(admin, first, 137, reason="OOMKilled")
    cache = wait_reason(admin, namespace, "DownloadOOMKilled")
    assert cache["status"]["phase"] in ("Pending", "Downloading")
    # The Job controller waits 10 s before the next Pod (k8s.io/kubernetes pkg/controller/job/backoff_utils.go).
    succeed(admin, running_download(admin, namespace, besides=[first]))
    cache = wait_ready(admin, namespace)
    assert cache["status"]["attempts"] == 2


def test_a_token_secret_that_comes_late_is_no_failure(controller, admin, namespace):
    admin.create(
        model_cache(
            namespace, source=TOKEN, download=waits("CreateContainerConfigError", 'secret "hf-token" not found')
        )
    )
    wait_reason(admin, namespace, "AuthSecretMissing")
    (pod,) = admin.list("Pod", namespace)
    admin.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "hf-token", "namespace": namespace},
            "stringData": {"HF_TOKEN": "hf_" + "x" * 34},
        }
    )
    tell(admin, pod, go="true")  # the kubelet tries again by itself
    cache = make_ready(admin, namespace)
    assert "AuthSecretMissing" not in reasons(cache)


def test_a_failed_download_starts_again_when_a_person_says_so(controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    first = running_download(admin, namespace)
    fail(admin, first, "OutOfSpace")
    wait_phase(admin, namespace, "Failed")
    kubectl.ok("--namespace", namespace, "annotate", "modelcache/qwen", "warmgate.dev/retry=1")
    succeed(admin, running_download(admin, namespace, besides=[first]))
    wait_ready(admin, namespace)


def test_a_failed_cache_is_explained_on_the_pods_that_wait(controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    download = running_download(admin, namespace)
    create_held(admin, gpu_deployment(namespace, 1))
    (pod,) = wait_gated(admin, namespace, 1)
    fail(admin, download, "GatedRepo")
    name = pod["metadata"]["name"]

    def told():
        text = kubectl.ok("--namespace", namespace, "describe", "pod", name).out
        return "ModelCacheFailed" in text and "GatedRepo" in text and text

    assert "warmgate.dev/retry" in wait_until(told, 20, "the Pod tells why it waits")
