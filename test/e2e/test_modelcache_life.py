"""One model from `kubectl apply` to running GPUs, by the controllers that a cluster has."""
import json

from harness.caches import (
    condition,
    create_held,
    events_about,
    gpu_deployment,
    is_gated,
    is_ready,
    made_jobs,
    model_cache,
    on_claim,
    running_download,
    succeed,
    wait_gated,
    wait_ready,
    wait_running,
)
from harness.objects import COMMIT, PATTERN, deployment
from harness.processes import wait_until

REPLICAS = 8


def apply(kubectl, namespace, document):
    return kubectl.ok("--namespace", namespace, "apply", "--filename", "-", text=json.dumps(document))


def version(item):
    """etcd's revision: it orders the changes of all objects."""
    return int(item["metadata"]["resourceVersion"])


def changes(admin, kind, namespace, since):
    """The versions of all objects of a kind since then, in order."""
    found = []
    for _, item in admin.watch(kind, namespace, since, 1):
        found.append(item)
    return found


def test_no_gpu_is_taken_before_the_weights_are_there(plane, controller, admin, kubectl, namespace, note):
    before = admin.call("GET", f"/api/v1/namespaces/{namespace}/pods").body["metadata"]["resourceVersion"]
    apply(kubectl, namespace, model_cache(namespace))
    create_held(admin, gpu_deployment(namespace, REPLICAS))

    pod = running_download(admin, namespace)
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "Job"
    assert pod["spec"]["nodeName"].startswith("cpu-")
    claim = admin.get("PersistentVolumeClaim", namespace, "qwen")
    assert claim["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "warmgate"
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    held = wait_gated(admin, namespace, REPLICAS)
    assert not any("nodeName" in each["spec"] for each in held)
    assert made_jobs(plane, namespace) == [f"qwen-{COMMIT[:8]}"]

    succeed(admin, pod)
    kubectl.ok("--namespace", namespace, "wait", "--for=condition=Ready", "modelcache/qwen", "--timeout=30s")
    workers = wait_running(admin, namespace, REPLICAS, "vllm")
    for each in workers:
        assert not is_gated(each)
        assert each["spec"]["nodeName"].startswith("gpu-")
        assert_claim_is_injected(each)
    wait_until(
        lambda: ("Normal", "GateReleased") in events_about(admin, namespace, workers[0]["metadata"]["name"]),
        10,
        "the release is told",
    )

    ready = min(version(each) for each in changes(admin, "ModelCache", namespace, before) if is_ready(each))
    bound = [
        version(each)
        for each in changes(admin, "Pod", namespace, before)
        if "nodeName" in each["spec"] and each["metadata"]["labels"].get("app") == "vllm"
    ]
    assert len(bound) >= REPLICAS
    assert min(bound) > ready
    note(f"{REPLICAS} GPU Pods were bound from {min(bound) - ready} revisions after their ModelCache was Ready on")


def assert_claim_is_injected(pod):
    main = pod["spec"]["containers"][0]
    volume = next(each for each in pod["spec"]["volumes"] if "persistentVolumeClaim" in each)
    assert volume["persistentVolumeClaim"] == {"claimName": "qwen", "readOnly": True}
    mount = next(each for each in main["volumeMounts"] if each["name"] == volume["name"])
    assert (mount["mountPath"], mount["readOnly"]) == ("/cache/huggingface", True)


def test_the_progress_of_a_download_is_in_the_columns(plane, controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    pod = running_download(admin, namespace)
    plane.write_log(pod, ['{"progress":{"bytes":16381750000,"total":65527000000,"files":4}}'])

    def told(cache):
        return cache.get("status", {}).get("bytes", {}).get("done") == 16381750000

    cache = admin.wait_for("ModelCache", namespace, "qwen", told, "the progress is in the status", 40)
    assert cache["status"]["phase"] == "Downloading"
    header, row = kubectl.ok("--namespace", namespace, "get", "modelcache", "qwen").out.splitlines()
    assert header.split() == ["NAME", "MODEL", "REVISION", "PHASE", "SIZE", "PROGRESS", "CLAIM", "AGE"]
    words = row.split()
    assert words[1:4] == ["Qwen/Qwen3-32B", COMMIT[:12], "Downloading"]
    assert words[-3:-1] == ["25%", "qwen"]
    succeed(admin, pod)
    wait_ready(admin, namespace)
    header = kubectl.ok("--namespace", namespace, "get", "modelcache", "-o", "wide").out.splitlines()[0]
    assert header.split() == [
        *("NAME", "MODEL", "REVISION", "PHASE", "SIZE", "PROGRESS", "CLAIM"),
        *("AGE", "VERIFIED", "USED", "BY", "DURATION"),
    ]


def test_kubectl_explain_tells_what_a_person_must_know(controller, kubectl):
    for field, word in (
        ("modelcache.spec.source.huggingFace.revision", "git ls-remote"),
        ("modelcache.spec.storage.claimName", "never"),
        ("modelcache.spec.reclaimPolicy", "Retain"),
        ("modelcache.status.conditions", "Ready"),
        ("modelcache.status.referencedBy", "Pod"),
    ):
        text = kubectl.ok("explain", field).out
        assert word in text, text


def test_the_patterns_own_job_is_adopted_without_a_second_download(plane, controller, admin, kubectl, namespace):
    for file in ("pvc.yaml", "job.yaml"):
        kubectl.ok("--namespace", namespace, "apply", "--filename", PATTERN / file)
    (pod,) = admin.wait_for_all(
        "Pod",
        namespace,
        lambda pods: len(pods) == 1 and pods[0]["status"].get("phase") == "Running",
        "the pattern's download runs",
    )
    apply(kubectl, namespace, model_cache(namespace, storage=on_claim("model-cache")))
    create_held(admin, deployment(namespace))
    (worker,) = wait_gated(admin, namespace, 1)
    assert len(made_jobs(plane, namespace)) == 1

    succeed(admin, pod)
    cache = wait_ready(admin, namespace)
    assert condition(cache, "Downloaded")["reason"] == "Adopted"
    assert cache["status"]["refs"] is False
    admin.wait_for(
        "Pod",
        namespace,
        worker["metadata"]["name"],
        lambda found: found["status"].get("phase") == "Running",
        "the worker runs",
    )
    assert len(made_jobs(plane, namespace)) == 1
    assert admin.get("PersistentVolumeClaim", namespace, "model-cache")["metadata"].get("ownerReferences") is None


def test_a_pattern_that_ran_before_is_adopted_at_once(plane, controller, admin, kubectl, namespace):
    for file in ("pvc.yaml", "job.yaml"):
        kubectl.ok("--namespace", namespace, "apply", "--filename", PATTERN / file)
    (pod,) = admin.wait_for_all(
        "Pod",
        namespace,
        lambda pods: len(pods) == 1 and pods[0]["status"].get("phase") == "Running",
        "the pattern's download runs",
    )
    succeed(admin, pod)
    kubectl.ok("--namespace", namespace, "wait", "--for=condition=Complete", "job/model-download", "--timeout=30s")
    apply(kubectl, namespace, model_cache(namespace, storage=on_claim("model-cache")))
    assert condition(wait_ready(admin, namespace), "Downloaded")["reason"] == "Adopted"
    assert len(made_jobs(plane, namespace)) == 1
