"""Pods that wait for their ModelCache, and who may write one: what the webhook does with both on a real API server. A
Lease that the test renews stands for a controller that runs."""
import datetime
import json

import pytest

from harness.api import ApiError
from harness.objects import deployment, gpu_pod, model_cache, pinned_pod
from harness.processes import wait_until

GATE = "warmgate.dev/model-cache"
LEASE = ("Lease", "warmgate", "warmgate-controller")


def renewed():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture(scope="module")
def renew(warmgate, admin):
    """Renews the Lease, unless a controller does that already."""
    kind, namespace, name = LEASE
    spec = {"holderIdentity": "test", "leaseDurationSeconds": 15, "renewTime": renewed()}
    document = {"apiVersion": "coordination.k8s.io/v1", "kind": kind, "spec": spec}
    try:
        admin.create({**document, "metadata": {"name": name, "namespace": namespace}})
    except ApiError as error:
        assert error.code == 409
        yield lambda: None
        return
    yield lambda: admin.patch(*LEASE, {"spec": {"renewTime": renewed()}})
    admin.delete(*LEASE)


@pytest.fixture
def waiting(renew, warmgate, admin, namespace):
    """A controller that runs, a namespace with a ModelCache that is not Ready, and a server that knows of both."""
    admin.create(model_cache(namespace))
    renew()
    probe = gpu_pod(namespace, "probe")

    def gated():
        return "schedulingGates" in admin.create(probe, dryRun="All").body["spec"]

    wait_until(gated, 30, "the server knows of the controller and the ModelCache")
    return namespace


def gates_of(pod):
    return [gate["name"] for gate in pod["spec"].get("schedulingGates", [])]


def test_a_gpu_pod_is_not_scheduled_before_its_model_cache_is_ready(waiting, kubectl, admin):
    document = gpu_pod(waiting)
    answer = kubectl("--namespace", waiting, "apply", "--filename", "-", text=json.dumps(document))
    assert f"Warning: Warmgate: this Pod is held back by the scheduling gate {GATE} until ModelCache/" in answer.text
    name = document["metadata"]["name"]
    pod = admin.wait_for("Pod", waiting, name, lambda pod: pod["status"].get("conditions"), "the Pod has conditions")
    assert gates_of(pod) == [GATE]
    assert pod["metadata"]["labels"]["warmgate.dev/gated"] == "true"
    assert [(each["type"], each["reason"]) for each in pod["status"]["conditions"]] == [("PodScheduled", "SchedulingGated")]
    assert "nodeName" not in pod["spec"]


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_a_pod_that_waits_keeps_its_gate_when_it_is_applied_again(waiting, kubectl, admin, flags):
    document = gpu_pod(waiting)
    for _ in range(2):
        kubectl.ok("--namespace", waiting, "apply", *flags, "--filename", "-", text=json.dumps(document))
    assert gates_of(admin.get("Pod", waiting, document["metadata"]["name"])) == [GATE]


def test_a_pod_that_waits_and_is_replaced_by_its_manifest_keeps_its_gate(waiting, kubectl, admin):
    """Its author mounts the claim himself, so the manifest has all but the gate."""
    document = pinned_pod(waiting)
    stored = admin.create(document).body
    assert gates_of(stored) == [GATE]
    manifest = {key: stored[key] for key in ("apiVersion", "kind", "spec")}
    manifest["metadata"] = {"name": stored["metadata"]["name"], "namespace": waiting}
    del manifest["spec"]["schedulingGates"]
    answer = kubectl.ok("replace", "--filename", "-", text=json.dumps(manifest))
    assert f"Warmgate keeps the scheduling gate {GATE}" in answer.text
    pod = admin.get("Pod", waiting, document["metadata"]["name"])
    assert gates_of(pod) == [GATE]
    assert "warmgate.dev/waits-for" in pod["metadata"]["annotations"]


def test_a_pod_on_a_named_node_is_created_without_a_gate_and_its_author_is_told(waiting, kubectl, admin):
    document = gpu_pod(waiting)
    document["spec"]["nodeName"] = "gpu-0"
    answer = kubectl.ok("--namespace", waiting, "apply", "--filename", "-", text=json.dumps(document))
    assert "not held back" in answer.text and "spec.nodeName is set" in answer.text


def test_the_pods_of_a_deployment_wait_and_its_author_hears_of_the_deadline(waiting, kubectl, admin):
    document = deployment(waiting)
    answer = kubectl.ok("--namespace", waiting, "apply", "--filename", "-", text=json.dumps(document))
    assert "WG406 deadline-before-download" in answer.text
    replicas = document["spec"]["replicas"]
    pods = admin.wait_for_all("Pod", waiting, lambda pods: len(pods) == replicas, "its Pods are there")
    assert [gates_of(pod) for pod in pods] == [[GATE]] * replicas


def test_who_may_not_do_what_a_model_cache_does_may_not_write_it(warmgate, plane, kubectl, admin, namespace):
    admin.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant", "namespace": namespace}})
    grant(kubectl, namespace, "writer", "--verb=create,update,patch,get", "--resource=modelcaches.warmgate.dev")
    tenant = plane.account(namespace, "tenant")[1]
    document = model_cache(namespace)
    document["spec"]["source"]["huggingFace"]["tokenSecretRef"] = {"name": "hf-token", "key": "HF_TOKEN"}

    def create():
        return tenant("create", "--filename", "-", text=json.dumps(document))

    def may(what):
        return tenant("auth", "can-i", *what.split(), "--namespace", namespace).out

    for missing, rule in (
        ("create jobs.batch", ("--verb=create", "--resource=jobs.batch")),
        ("get secrets/hf-token", ("--verb=get", "--resource=secrets", "--resource-name=hf-token")),
    ):
        answer = create()
        assert answer.code == 1
        assert f"check: kubectl auth can-i {missing} --namespace {namespace}" in answer.text
        assert f"system:serviceaccount:{namespace}:tenant may not do" in answer.text
        assert may(missing) == "no\n"
        grant(kubectl, namespace, missing.split()[1].split("/")[0].split(".")[0], *rule)
        wait_until(lambda: may(missing) == "yes\n", 30, f"{missing} is granted")
    answer = create()
    assert answer.code == 0, answer.text
    # What is there already asks for no right again; another image would.
    name = document["metadata"]["name"]
    assert tenant("annotate", "modelcache", name, "a=b", "--namespace", namespace).code == 0
    kubectl.ok("delete", "rolebinding", "secrets", "--namespace", namespace)
    wait_until(lambda: may("get secrets/hf-token") == "no\n", 30, "the right is taken away")
    patch = json.dumps({"spec": {"download": {"image": "example.com/mine:1"}}})
    refused = tenant("patch", "modelcache", name, "--type=merge", "--patch", patch, "--namespace", namespace)
    assert refused.code == 1
    assert "get secrets/hf-token" in refused.text
    # kubectl's own dry run asks the same.
    assert tenant("create", "--dry-run=server", "--filename", "-", text=json.dumps(document)).code == 1


def grant(kubectl, namespace, name, *rule):
    kubectl.ok("create", "role", name, *rule, "--namespace", namespace)
    subject = f"--serviceaccount={namespace}:tenant"
    kubectl.ok("create", "rolebinding", name, f"--role={name}", subject, "--namespace", namespace)
