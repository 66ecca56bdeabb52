"""Installing Warmgate must not break what runs: objects that were there before it, and what happens to them."""
import copy

import pytest

from harness import golden
from harness.api import ApiError
from harness.objects import violating_deployment

NAMESPACE = "day-one"
NAME = "unpinned"


def old_deployment():
    """Violates WG101, and has a second container."""
    document = violating_deployment(NAMESPACE, NAME)
    spec = document["spec"]["template"]["spec"]
    spec["containers"].append({"name": "sidecar", "image": "nginx:1.29"})
    return document


def running_pods(pods):
    running = [pod for pod in pods if pod["status"].get("phase") == "Running"]
    return [pod for pod in running if "deletionTimestamp" not in pod["metadata"]]


def wait_running(admin, what, other_than=None):
    def check(pods):
        found = running_pods(pods)
        return len(found) == 1 and found[0]["metadata"]["name"] != other_than

    query = {"labelSelector": f"app={NAME}"}
    return running_pods(admin.wait_for_all("Pod", NAMESPACE, check, what, **query))[0]


@pytest.fixture(scope="module", autouse=True)
def installed_later(warmgate, admin):
    """A violating Deployment runs; then Warmgate is installed."""
    warmgate.uninstall()
    admin.make_namespace(NAMESPACE)
    claim = {"accessModes": ["ReadWriteMany"], "storageClassName": "standard-rwx"}
    claim["resources"] = {"requests": {"storage": "1Ti"}}
    metadata = {"name": "model-cache", "namespace": NAMESPACE}
    admin.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim})
    admin.create(old_deployment())
    wait_running(admin, "the Pod runs")
    warmgate.install()
    yield
    admin.delete("Namespace", None, NAMESPACE)


def worker(containers):
    return next(each for each in containers if each["name"] == "vllm")


def change(admin, edit):
    """Replaces the Deployment after edit(its containers); again when a controller was faster with its status."""
    while True:
        document = admin.get("Deployment", NAMESPACE, NAME)
        edit(document["spec"]["template"]["spec"]["containers"])
        try:
            return admin.replace(document).body
        except ApiError as error:
            if error.code != 409:
                raise


def pod_audit(plane, name):
    """What Warmgate wrote into the audit event of the creation of a Pod by its ReplicaSet."""
    (event,) = plane.creations("pods", NAMESPACE, name)
    assert event["user"]["username"] == "system:serviceaccount:kube-system:replicaset-controller"
    annotations = event["annotations"]
    return {key: text for key, text in annotations.items() if key.startswith("validate.warmgate.dev/")}


def test_a_deleted_pod_comes_back_with_a_warning_in_the_audit_log(admin, plane):
    before = wait_running(admin, "the old Pod")["metadata"]["name"]
    admin.delete("Pod", NAMESPACE, before)
    after = wait_running(admin, "another Pod runs", other_than=before)["metadata"]["name"]
    found = pod_audit(plane, after)
    assert list(found) == ["validate.warmgate.dev/WG101"]
    assert found["validate.warmgate.dev/WG101"].startswith("warn: ")


def test_the_pod_of_a_drained_node_comes_back_on_another(admin, kubectl, plane):
    before = wait_running(admin, "the old Pod")
    node = before["spec"]["nodeName"]
    try:
        kubectl.ok("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=60s")
        after = wait_running(admin, "another Pod runs", other_than=before["metadata"]["name"])
        assert after["spec"]["nodeName"] != node
        assert list(pod_audit(plane, after["metadata"]["name"])) == ["validate.warmgate.dev/WG101"]
    finally:
        kubectl.ok("uncordon", node)


def test_a_label_may_be_changed(kubectl):
    answer = kubectl.ok("--namespace", NAMESPACE, "label", "deployment", NAME, "team=search")
    golden.check("day-one/label.txt", answer.text)


def test_the_template_may_be_changed_where_it_makes_nothing_worse(admin):
    patch = {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}
    admin.patch("Deployment", NAMESPACE, NAME, patch)


def test_containers_may_be_reordered(admin):
    stored = change(admin, list.reverse)
    assert [each["name"] for each in stored["spec"]["template"]["spec"]["containers"]] == ["sidecar", "vllm"]


@pytest.mark.parametrize("reorder", [False, True], ids=["in-order", "reordered"])
def test_a_new_violation_is_refused_and_the_old_one_only_said(admin, reorder):
    def write_to_the_cache(containers):
        if reorder:
            containers.reverse()
        worker(containers)["volumeMounts"][0]["readOnly"] = False

    with pytest.raises(ApiError) as refused:
        change(admin, write_to_the_cache)
    message = refused.value.message
    assert "WG301" in message
    assert "WG101" not in message
    golden.check("day-one/new-violation.txt", message.split("\n   at ")[0] + "\n")


def test_a_second_container_with_the_old_mistake_is_a_new_violation(admin):
    def add_another(containers):
        containers.append({**copy.deepcopy(worker(containers)), "name": "second"})

    with pytest.raises(ApiError) as refused:
        change(admin, add_another)
    assert 'container "second"' in refused.value.message
    assert 'container "vllm"' not in refused.value.message


def test_it_may_be_scaled_and_deleted(kubectl, admin):
    """The last test of this file: DELETE is none of Warmgate's business."""
    kubectl.ok("--namespace", NAMESPACE, "scale", "deployment", NAME, "--replicas=0")
    kubectl.ok("--namespace", NAMESPACE, "delete", "deployment", NAME, "--timeout=60s")
    assert admin.list("Deployment", NAMESPACE) == []
