"""Pods that are given their cache: what the API server stores, and who had to do what for it."""
import json

import pytest

from harness import golden
from harness.api import ApiError
from harness.objects import assert_injected, claim, container, deployment, gpu_pod, pinned_pod, without_cache


def apply(kubectl, namespace, document, *flags):
    return kubectl("--namespace", namespace, "apply", *flags, "--filename", "-", text=json.dumps(document))


def test_a_bare_gpu_pod_is_stored_with_its_cache(warmgate, kubectl, admin):
    answer = apply(kubectl, "cached-pod", gpu_pod())
    assert answer.code == 0
    golden.check("injection/bare-pod.txt", answer.text)
    assert_injected(admin.get("Pod", "cached-pod", "qwen3-32b"))


def test_a_bare_gpu_pod_without_a_model_cache_is_refused(warmgate, kubectl, namespace):
    answer = apply(kubectl, namespace, gpu_pod())
    assert answer.code == 1
    golden.check("injection/bare-pod-without-model-cache.txt", answer.text)


def test_a_deployment_without_volume_and_revision_runs_with_the_cache_of_its_namespace(warmgate, kubectl, admin):
    document = without_cache(deployment())
    document["spec"]["replicas"] = 2
    answer = apply(kubectl, "cached-deployment", document)
    assert answer.code == 0
    golden.check("injection/deployment.txt", answer.text)
    name = document["metadata"]["name"]
    kubectl.ok("--namespace", "cached-deployment", "rollout", "status", f"deployment/{name}", "--timeout=60s")
    # The template stays as it was written; its Pods are what is changed.
    stored = admin.get("Deployment", "cached-deployment", name)
    assert "volumes" not in stored["spec"]["template"]["spec"]
    pods = admin.list("Pod", "cached-deployment")
    assert len(pods) == 2
    for pod in pods:
        assert_injected(pod)
        assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
        assert pod["spec"]["nodeName"].startswith("gpu-")
        assert pod["status"]["phase"] == "Running"


def test_the_same_deployment_without_a_model_cache_is_refused(warmgate, kubectl, namespace):
    answer = apply(kubectl, namespace, without_cache(deployment()))
    assert answer.code == 1
    golden.check("injection/deployment-without-model-cache.txt", answer.text)


def test_the_audit_log_tells_what_was_injected(warmgate, plane):
    plane.admin.create(gpu_pod("cached-pod", "audited"))
    (event,) = plane.creations("pods", "cached-pod", "audited")
    annotations = event["annotations"]
    assert annotations["mutation.webhook.admission.k8s.io/round_0_index_0"] == (
        '{"configuration":"warmgate","webhook":"mutate.warmgate.dev","mutated":true}'
    )
    keys = sorted(key for key in annotations if "warmgate.dev/" in key and annotations[key].startswith("warn: "))
    assert keys == ["mutate.warmgate.dev/WG101", "mutate.warmgate.dev/WG205"]


@pytest.fixture
def applying(warmgate, admin):
    """A namespace with a ModelCache; the GPUs of its Pods are free again afterwards."""
    yield "cached-apply"
    for pod in admin.list("Pod", "cached-apply"):
        admin.delete("Pod", "cached-apply", pod["metadata"]["name"])


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_an_injected_pod_may_be_applied_again(applying, kubectl, admin, flags):
    """What was injected is not the manifest's: applying it again neither removes it nor meets a conflict. To kubectl
    and to server-side apply args is one value, so the update comes without the --revision that was injected; Warmgate
    puts it back, because the API server refuses to change the arguments of a Pod."""
    how = "server" if flags else "client"
    pod = gpu_pod(name=f"again-{how}")
    assert apply(kubectl, applying, pod, *flags).code == 0
    before = admin.get("Pod", applying, pod["metadata"]["name"])
    assert_injected(before)
    answer = apply(kubectl, applying, pod, *flags)
    golden.check(f"injection/applied-again-{how}.txt", answer.text)
    assert answer.code == 0
    assert admin.get("Pod", applying, pod["metadata"]["name"])["spec"] == before["spec"]
    difference = kubectl("--namespace", applying, "diff", *flags, "--filename", "-", text=json.dumps(pod))
    assert (difference.code, difference.out) == (0, ""), difference.text


def test_what_may_be_changed_in_an_injected_pod_is_changed(applying, kubectl, admin):
    pod = gpu_pod(name="another-image")
    assert apply(kubectl, applying, pod).code == 0
    container(pod)["image"] = "vllm/vllm-openai:v0.12.0"
    assert apply(kubectl, applying, pod).code == 0
    stored = admin.get("Pod", applying, pod["metadata"]["name"])
    assert_injected(stored)
    assert stored["spec"]["containers"][0]["image"] == "vllm/vllm-openai:v0.12.0"


def test_other_arguments_of_an_injected_pod_are_refused_by_the_api_server_alone(applying, kubectl):
    pod = gpu_pod(name="other-arguments")
    assert apply(kubectl, applying, pod).code == 0
    container(pod)["args"].append("--port=8001")
    answer = apply(kubectl, applying, pod)
    assert answer.code == 1
    assert "pod updates may not change fields other than" in answer.err
    assert "Warmgate" not in answer.err


def test_only_a_change_of_an_injected_pod_reaches_warmgate(warmgate, applying, admin, namespace):
    """Not its labels, and no change of a Pod without a ModelCache."""
    admin.create(claim(namespace, "model-cache", "standard-rwx"))
    warmgate.wait_claim_known(namespace)
    admin.create(pinned_pod(namespace, "pinned"))
    admin.create(gpu_pod(applying, "labelled"))
    image = {"op": "replace", "path": "/spec/containers/0/image", "value": "vllm/vllm-openai:v0.12.0"}
    before = warmgate.host.requests()
    admin.patch("Pod", applying, "labelled", {"metadata": {"labels": {"team": "search"}}})
    admin.patch("Pod", namespace, "pinned", [image])
    assert warmgate.host.requests() == before
    admin.patch("Pod", applying, "labelled", [image])
    assert warmgate.host.requests() == before + 1


def test_a_server_side_apply_conflict_is_between_people_and_warmgate_is_no_party(warmgate, kubectl, admin, namespace):
    document = deployment()
    assert apply(kubectl, namespace, document, "--server-side", "--field-manager=ci").code == 0
    document["spec"]["replicas"] = 2
    answer = apply(kubectl, namespace, document, "--server-side", "--field-manager=jane")
    assert answer.code == 1
    golden.check("injection/apply-conflict.txt", answer.text)
    assert apply(kubectl, namespace, document, "--server-side", "--field-manager=jane", "--force-conflicts").code == 0
    managers = admin.get("Deployment", namespace, document["metadata"]["name"])["metadata"]["managedFields"]
    assert {"ci", "jane"} <= {each["manager"] for each in managers}
    assert not any("warmgate" in each["manager"] for each in managers)


def test_a_forged_owner_reference_does_not_help_a_bare_pod(warmgate, admin, namespace):
    """Owners are believed only when the owner's own controller makes the Pod."""
    admin.create(deployment(namespace))
    replica_set = admin.wait_for_all("ReplicaSet", namespace, len, "the ReplicaSet is there")[0]
    pod = gpu_pod(namespace)
    pod["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": replica_set["metadata"]["name"],
            "uid": replica_set["metadata"]["uid"],
            "controller": True,
        }
    ]
    with pytest.raises(ApiError) as refused:
        admin.create(pod)
    golden.check("injection/forged-owner.txt", refused.value.message + "\n")
