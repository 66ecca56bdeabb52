"""What an API server sends besides a plain CREATE."""
import copy
import json
import time

import pytest

from harness import golden
from harness.api import ApiError
from harness.objects import COMMIT, EXAMPLES, container, deployment, gpu_pod, plain_pod, violating_deployment


def refusal(action):
    with pytest.raises(ApiError) as refused:
        action()
    assert refused.value.code == 403
    return refused.value.message + "\n"


def running(item):
    return item["status"].get("phase") == "Running"


def test_a_server_side_dry_run_is_judged_and_stores_nothing(warmgate, kubectl, admin, namespace):
    for build, code in ((deployment, 0), (violating_deployment, 1)):
        answer = kubectl("--namespace", namespace, "apply", "--dry-run=server", "-f", "-", text=json.dumps(build()))
        assert answer.code == code
    assert admin.list("Deployment", namespace) == []


def test_a_dry_run_is_logged_as_one(warmgate, admin, namespace):
    admin.create(deployment(namespace), dryRun="All")
    entries = [entry for entry in warmgate.host.servers[0].log_entries("admission") if entry["namespace"] == namespace]
    assert [(entry["dryRun"], entry["verdict"]) for entry in entries] == [(True, "allow")]


def test_a_pod_with_a_generated_name_is_named_by_its_prefix_when_it_is_refused(warmgate, admin, namespace):
    pod = gpu_pod(namespace)
    del pod["metadata"]["name"]
    pod["metadata"]["generateName"] = "worker-"
    golden.check("requests/generate-name.txt", refusal(lambda: admin.create(pod)))


def test_a_pod_with_a_generated_name_is_mutated(warmgate, admin):
    pod = gpu_pod("cached-generate-name")
    del pod["metadata"]["name"]
    pod["metadata"]["generateName"] = "worker-"
    stored = admin.create(pod).body
    assert stored["metadata"]["name"].startswith("worker-")
    assert "warmgate-cache" in [volume["name"] for volume in stored["spec"]["volumes"]]


def test_an_ephemeral_container_is_judged(warmgate, kubectl, admin, namespace):
    admin.create(plain_pod(namespace))
    admin.wait_for("Pod", namespace, "nginx", running, "the Pod runs")
    debug = ("--namespace", namespace, "debug", "pod/nginx", "--image=busybox:1.37", "--container=shell")
    debug += ("--profile=general",)  # the default differs between versions of kubectl
    answer = kubectl(*debug, "--env=HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyzABCDEFGH")
    assert answer.code == 1
    golden.check("requests/ephemeral-container.txt", answer.text)
    kubectl.ok(*debug)
    stored = admin.get("Pod", namespace, "nginx")
    assert [each["name"] for each in stored["spec"]["ephemeralContainers"]] == ["shell"]


def test_a_resize_is_judged(warmgate, admin, namespace):
    """A download whose memory is taken away below what HF_XET_HIGH_PERFORMANCE needs."""
    memory = {"requests": {"cpu": "1", "memory": "64Gi"}, "limits": {"cpu": "1", "memory": "64Gi"}}
    pod = plain_pod(namespace, "download")
    pod["spec"]["restartPolicy"] = "Never"
    pod["spec"]["containers"] = [
        {
            "name": "main",
            "image": "python:3.12-slim",
            "command": ["hf", "download", "Qwen/Qwen3-32B", "--revision", "9216db5781bf21249d130ec9da846c4624c16137"],
            "env": [{"name": "HF_XET_HIGH_PERFORMANCE", "value": "1"}],
            "resources": memory,
        }
    ]
    assert [text for text in admin.create(pod).warnings if "WG402" in text] == []
    admin.wait_for("Pod", namespace, "download", running, "the Pod runs")
    less = {"requests": {"memory": "8Gi"}, "limits": {"memory": "8Gi"}}
    patch = {"spec": {"containers": [{"name": "main", "resources": less}]}}
    merge = "application/strategic-merge-patch+json"
    reply = admin.patch("Pod", namespace, "download", patch, subresource="resize", content_type=merge)
    assert reply.body["spec"]["containers"][0]["resources"]["limits"]["memory"] == "8Gi"
    golden.check("requests/resize.txt", "".join(text + "\n" for text in reply.warnings))


def template_of(kind):
    """An object of each kind with a Pod template, all with the pattern's Pod without a commit."""
    template = violating_deployment()["spec"]["template"]
    labels = template["metadata"]["labels"]
    selector = {"matchLabels": labels}
    batch = copy.deepcopy(template)
    batch["spec"]["restartPolicy"] = "Never"
    spec = {
        "DaemonSet": {"selector": selector, "template": template},
        "Deployment": {"selector": selector, "template": template},
        "ReplicaSet": {"selector": selector, "template": template},
        "StatefulSet": {"selector": selector, "serviceName": "worker", "template": template},
        "ReplicationController": {"selector": labels, "template": template},
        "Job": {"template": batch},
        "CronJob": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": batch}}},
    }[kind]
    version = {"ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}.get(kind, "apps/v1")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "worker"}, "spec": spec}


TEMPLATE_KINDS = ("CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")


@pytest.mark.parametrize("kind", TEMPLATE_KINDS)
def test_every_kind_with_a_pod_template_is_judged(warmgate, kubectl, namespace, kind):
    text = json.dumps(template_of(kind))
    answer = kubectl("--namespace", namespace, "create", "--filename", "-", text=text)
    assert answer.code == 1
    assert f"denied the request: Warmgate refuses {kind}/worker: 1 problem\n1. WG101 " in answer.err


def test_a_model_cache_at_a_branch_is_refused_by_its_schema(warmgate, kubectl, namespace):
    text = (EXAMPLES / "modelcache.yaml").read_text(encoding="utf-8").replace(COMMIT, "main")
    answer = kubectl("create", "--filename", "-", text=text.replace("namespace: llm", f"namespace: {namespace}"))
    assert answer.code == 1
    golden.check("requests/model-cache-at-a-branch.txt", answer.text)


def test_a_list_of_500_objects_is_judged_one_by_one(warmgate, kubectl, namespace):
    items = []
    for index in range(500):
        build = violating_deployment if index == 250 else deployment
        items.append(build(name=f"worker-{index}"))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    start = time.monotonic()
    answer = kubectl("--namespace", namespace, "create", "--dry-run=server", "--filename", "-", text=text)
    seconds = time.monotonic() - start
    assert answer.code == 1
    created = [line for line in answer.out.splitlines() if line.endswith("created (server dry run)")]
    assert len(created) == 499, f"after {seconds:.1f} s: {answer.err[:2000]}"
    assert "deployment.apps/worker-250 created (server dry run)" not in created
    assert answer.err.count("denied the request") == 1


def padded(document, size):
    """The same with variables that make it about so many bytes long."""
    document = copy.deepcopy(document)
    value = "x" * 1000
    variables = [{"name": f"PADDING_{index}", "value": value} for index in range(size // 1040)]
    container(document).setdefault("env", []).extend(variables)
    return document


def test_an_object_of_1_4_megabytes_is_judged(warmgate, admin, namespace):
    """etcd takes requests of up to 1.5 MiB."""
    good, bad = (padded(build(namespace), 1_400_000) for build in (deployment, violating_deployment))
    assert 1_390_000 < len(json.dumps(good)) < 1_500_000
    for document in (good, bad):
        document["spec"]["replicas"] = 0
    admin.create(good)
    assert refusal(lambda: admin.create(bad)).count("WG101") == 2
    # An UPDATE carries both the old and the new object.
    admin.patch("Deployment", namespace, good["metadata"]["name"], {"metadata": {"labels": {"team": "search"}}})
