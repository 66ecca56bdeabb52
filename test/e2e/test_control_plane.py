"""The control plane itself: each part does what the other tests rely on. Warmgate is not asked for in this file."""
import json

import pytest

from harness import nodes, tools
from harness.api import ApiError
from harness.objects import claim, deployment, download_job, plain_pod
from harness.processes import wait_until


def phase_is(phase):
    return lambda item: item["status"].get("phase") == phase


def condition(item, kind):
    """The condition of that type when it is true."""
    found = [each for each in item["status"].get("conditions", []) if each["type"] == kind and each["status"] == "True"]
    return found[0] if found else None


def only_pod(admin, namespace, what, ready=lambda pod: True):
    def check(pods):
        return len(pods) == 1 and ready(pods[0])

    return admin.wait_for_all("Pod", namespace, check, what)[0]


def test_kubectl_and_the_api_server_name_the_pinned_version(kubectl):
    pinned = tools.pinned_versions("kube-apiserver")
    if pinned is None:
        pytest.skip("the programs are from KUBEBUILDER_ASSETS")
    version = json.loads(kubectl.ok("version", "-o", "json").out)
    for side in ("clientVersion", "serverVersion"):
        assert f"k8s.io/kubernetes {version[side]['gitVersion']}" in pinned


def test_rbac_refuses_a_stranger_and_lets_a_role_in(plane, admin, namespace):
    jane, her_kubectl = plane.user("jane", ["developers"])
    with pytest.raises(ApiError) as refused:
        jane.list("Pod", namespace)
    assert refused.value.code == 403
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader", "namespace": namespace},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "developers"}],
    }
    admin.create(role)
    admin.create(binding)

    # The authorizer learns of the binding by watch.
    def allowed():
        return her_kubectl("auth", "can-i", "list", "pods", "--namespace", namespace).out == "yes\n"

    wait_until(allowed, 10, "the binding counts")
    assert jane.list("Pod", namespace) == []


def test_a_service_account_token_names_its_account(plane, namespace):
    _, kubectl = plane.account(namespace, "default")
    who = json.loads(kubectl.ok("auth", "whoami", "-o", "json").out)
    assert who["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:default"


def test_a_deployment_is_rolled_out_by_the_real_controllers_onto_gpu_nodes(admin, kubectl, namespace):
    document = deployment(namespace)
    document["spec"]["template"]["spec"].pop("volumes")
    document["spec"]["template"]["spec"]["containers"][0].pop("volumeMounts")
    admin.create(document)
    kubectl.ok("--namespace", namespace, "rollout", "status", "deployment/qwen3-32b-vllm", "--timeout=60s")
    pod = only_pod(admin, namespace, "the Pod runs", phase_is("Running"))
    assert pod["spec"]["nodeName"].startswith("gpu-")
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"


def test_a_pod_that_asks_for_more_gpus_than_a_node_has_stays_pending(admin, namespace):
    pod = plain_pod(namespace)
    pod["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "5"}}
    admin.create(pod)

    def unschedulable(found):
        conditions = found["status"].get("conditions", [])
        return any(each["type"] == "PodScheduled" and each.get("reason") == "Unschedulable" for each in conditions)

    found = admin.wait_for("Pod", namespace, "nginx", unschedulable, "the scheduler has given up")
    assert found["status"]["phase"] == "Pending"


def test_the_pod_of_a_job_is_held_until_it_is_told_to_succeed(admin, namespace):
    admin.create(download_job(namespace))
    pod = only_pod(admin, namespace, "the Pod runs", phase_is("Running"))
    assert condition(admin.get("Job", namespace, "model-download"), "Complete") is None
    nodes.end_pod(admin, pod, 0)
    admin.wait_for("Job", namespace, "model-download", lambda job: condition(job, "Complete"), "the Job is complete")


def test_the_pod_of_a_job_ends_with_the_exit_code_reason_and_message_it_is_told(admin, namespace):
    admin.create(download_job(namespace, retries=0))
    pod = only_pod(admin, namespace, "the Pod runs", phase_is("Running"))
    nodes.end_pod(admin, pod, 137, reason="OOMKilled", message="disk full: 1% left")
    job = admin.wait_for("Job", namespace, "model-download", lambda job: condition(job, "Failed"), "the Job failed")
    assert condition(job, "Failed")["reason"] == "BackoffLimitExceeded"
    ended = admin.get("Pod", namespace, pod["metadata"]["name"])
    assert ended["status"]["phase"] == "Failed"
    state = ended["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"], state["message"]) == (137, "OOMKilled", "disk full: 1% left")


def test_the_pod_of_a_job_has_the_log_it_is_given(plane, admin, kubectl, namespace):
    """A running one, and one that has failed."""
    admin.create(download_job(namespace, retries=0))
    pod = only_pod(admin, namespace, "the Pod runs", phase_is("Running"))
    plane.write_log(pod, ["Fetching 17 files", "config.json: 100%"])
    logs = ("--namespace", namespace, "logs", "job/model-download")

    def log():
        answer = kubectl(*logs)
        return answer.code == 0 and answer.out

    # kwok learns of the log by a watch.
    assert wait_until(log, 30, "the log is there") == "Fetching 17 files\nconfig.json: 100%\n"
    plane.write_log(pod, ["No space left on device"])
    nodes.end_pod(admin, pod, 1)
    admin.wait_for("Job", namespace, "model-download", lambda job: condition(job, "Failed"), "the Job failed")
    assert kubectl.ok(*logs, "--tail=1").out == "No space left on device\n"


def test_an_evicted_pod_of_a_job_is_replaced(admin, namespace):
    admin.create(download_job(namespace))
    pod = only_pod(admin, namespace, "the Pod runs", phase_is("Running"))
    nodes.evict_pod(admin, pod, "The node was low on resource: memory.")
    name = pod["metadata"]["name"]
    evicted = admin.wait_for("Pod", namespace, name, phase_is("Failed"), "the Pod is evicted")
    assert (evicted["status"]["reason"], evicted["status"]["message"]) == (
        "Evicted",
        "The node was low on resource: memory.",
    )

    def replaced(pods):
        return any(each["metadata"]["name"] != name and phase_is("Running")(each) for each in pods)

    admin.wait_for_all("Pod", namespace, replaced, "another Pod runs")


def test_a_shared_claim_is_bound_at_once(admin, namespace):
    admin.create(claim(namespace, "cache", "standard-rwx"))
    found = admin.wait_for("PersistentVolumeClaim", namespace, "cache", phase_is("Bound"), "the claim is bound")
    volume = admin.get("PersistentVolume", None, found["spec"]["volumeName"])
    assert volume["spec"]["csi"]["driver"] == "filestore.csi.storage.gke.io"


def test_a_claim_that_waits_for_its_first_consumer_is_bound_in_the_zone_of_the_chosen_node(admin, namespace):
    admin.create(claim(namespace, "disk", "standard-rwo", "ReadWriteOnce"))
    pod = plain_pod(namespace)
    pod["spec"]["volumes"] = [{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "disk", "mountPath": "/data"}]
    admin.create(pod)
    running = admin.wait_for("Pod", namespace, "nginx", phase_is("Running"), "the Pod runs")
    found = admin.get("PersistentVolumeClaim", namespace, "disk")
    assert found["status"]["phase"] == "Bound"
    assert found["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] == running["spec"]["nodeName"]
    node = admin.get("Node", None, running["spec"]["nodeName"])
    volume = admin.get("PersistentVolume", None, found["spec"]["volumeName"])
    terms = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
    assert terms[0]["matchExpressions"][0]["values"] == [zone]


def test_the_volume_of_a_deleted_claim_goes_too(admin, namespace):
    admin.create(claim(namespace, "cache", "efs-sc"))
    found = admin.wait_for("PersistentVolumeClaim", namespace, "cache", phase_is("Bound"), "the claim is bound")
    admin.delete("PersistentVolumeClaim", namespace, "cache")
    admin.wait_gone("PersistentVolume", None, found["spec"]["volumeName"])


def test_the_audit_log_tells_who_created_what(plane, namespace):
    plane.admin.create(plain_pod(namespace))
    events = plane.creations("pods", namespace, "nginx")
    assert [event["user"]["username"] for event in events] == ["admin"]
