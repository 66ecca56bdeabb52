"""ModelCaches, what plays their downloads, and the Pods that wait for them."""
import copy
import json

from .api import ApiError
from .nodes import end_pod
from .objects import COMMIT, MODEL, container, deployment, template_spec, without_cache
from .processes import wait_until

NEXT_COMMIT = "b8e6e5a7a2f2f1d1b1b2ac0f9cf9d4f2f5e1a0c3"
GATE = {"name": "warmgate.dev/model-cache"}
BYTES = 65_527_000_000
EXIT = {"GatedRepo": 71, "RevisionNotFound": 72, "ChecksumMismatch": 73, "OutOfSpace": 74, "PermissionDenied": 75}


def model_cache(namespace, name="qwen", revision=COMMIT, repo=MODEL, storage=None, download=None, source=None, **spec):
    """On a claim of its own unless storage says otherwise."""
    return {
        "apiVersion": "warmgate.dev/v1alpha1",
        "kind": "ModelCache",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "source": {"huggingFace": {"repo": repo, "revision": revision, **(source or {})}},
            "storage": storage or {"create": {"storageClassName": "standard-rwx", "size": "200Gi"}},
            **({"download": download} if download else {}),
            **spec,
        },
    }


def on_claim(name):
    return {"claimName": name}


def waits(reason, message):
    """spec.download of a ModelCache whose download's container does not start; see kwok-stages.yaml."""
    return {"env": [{"name": "E2E_WAITS", "value": reason}, {"name": "E2E_MESSAGE", "value": message}]}


def condition(cache, kind="Ready"):
    found = [each for each in cache.get("status", {}).get("conditions", []) if each["type"] == kind]
    return found[0] if found else {"status": "Unknown", "reason": "", "message": ""}


def is_ready(cache):
    return condition(cache)["status"] == "True"


def reasons(cache):
    return {each.get("reason") for each in cache.get("status", {}).get("conditions", [])}


def wait_ready(admin, namespace, name="qwen", seconds=30):
    return admin.wait_for("ModelCache", namespace, name, is_ready, f"{namespace}/{name} is Ready", seconds)


def wait_reason(admin, namespace, reason, name="qwen", seconds=30):
    def has(cache):
        return reason in reasons(cache)

    return admin.wait_for("ModelCache", namespace, name, has, f"{namespace}/{name} has the reason {reason}", seconds)


def wait_phase(admin, namespace, phase, name="qwen", seconds=30):
    def has(cache):
        return cache.get("status", {}).get("phase") == phase

    return admin.wait_for("ModelCache", namespace, name, has, f"{namespace}/{name} is {phase}", seconds)


def writers(items, task="download"):
    return [each for each in items if each["metadata"].get("labels", {}).get("warmgate.dev/task") == task]


def running_download(admin, namespace, besides=(), task="download", seconds=30):
    """The running Pod of a download, which is not one of `besides`."""
    uids = {pod["metadata"]["uid"] for pod in besides}

    def runs(pods):
        return [
            pod
            for pod in writers(pods, task)
            if pod["status"].get("phase") == "Running"
            and pod["metadata"]["uid"] not in uids
            and "deletionTimestamp" not in pod["metadata"]
        ]

    return runs(admin.wait_for_all("Pod", namespace, runs, f"a {task} runs in {namespace}", seconds))[0]


def succeed(admin, pod, verified=True):
    result = {"result": "done", "files": 17, "bytes": BYTES, "verified": verified}
    end_pod(admin, pod, 0, message=json.dumps(result))


def fail(admin, pod, reason, message="what huggingface_hub said"):
    end_pod(admin, pod, EXIT.get(reason, 1), message=json.dumps({"result": reason, "message": message}))


def make_ready(admin, namespace, name="qwen"):
    """Plays the download of the one ModelCache that is downloading."""
    succeed(admin, running_download(admin, namespace))
    return wait_ready(admin, namespace, name)


def made_jobs(plane, namespace):
    """The names of the Jobs that were ever created in a namespace, as the audit log has it."""
    events = plane.creations("jobs", namespace)
    return [event["objectRef"].get("name") for event in events if event["responseStatus"]["code"] == 201]


def gpu_deployment(namespace, replicas, name="vllm", gpus=1):
    """The pattern's Deployment without its cache, which injection supplies; the model is pinned."""
    document = without_cache(deployment(namespace, name))
    document["spec"]["replicas"] = replicas
    document["spec"]["progressDeadlineSeconds"] = 86_400  # longer than any download
    each = container(document)
    each["args"] += ["--revision", COMMIT]
    each["resources"] = {"limits": {"nvidia.com/gpu": str(gpus)}}
    return document


def gpu_pod_of(document, name):
    """A bare Pod with the template of a Deployment."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": document["metadata"]["namespace"]},
        "spec": copy.deepcopy(template_spec(document)),
    }


def is_gated(pod):
    return GATE in pod["spec"].get("schedulingGates", [])


def wait_held(admin, document, seconds=40):
    """Until the Pods of a Deployment would be held back: the webhook learns of ModelCaches and of the controller by
    watch."""
    probe = gpu_pod_of(document, "probe")

    def held():
        try:
            return is_gated(admin.create(probe, dryRun="All").body)
        except ApiError as error:
            if "denied the request" not in error.message:
                raise
            return False

    wait_until(held, seconds, "the webhook holds such Pods back")


def create_held(admin, document):
    wait_held(admin, document)
    admin.create(document)


def wait_gated(admin, namespace, count, seconds=30):
    """So many GPU Pods that are held back."""

    def held(pods):
        return sum(map(is_gated, pods)) == count

    found = admin.wait_for_all("Pod", namespace, held, f"{count} Pods of {namespace} are gated", seconds)
    return [pod for pod in found if is_gated(pod)]


def wait_running(admin, namespace, count, label, seconds=60):
    """So many Pods with app=label run, and no other has it."""

    def run(pods):
        mine = [pod for pod in pods if pod["metadata"].get("labels", {}).get("app") == label]
        return len(mine) == count and all(pod["status"].get("phase") == "Running" for pod in mine)

    found = admin.wait_for_all("Pod", namespace, run, f"{count} Pods of {namespace} run", seconds)
    return [pod for pod in found if pod["metadata"].get("labels", {}).get("app") == label]


def events_about(admin, namespace, name):
    """(type, reason) of the Events on objects of that name."""
    found = admin.list("Event", namespace, fieldSelector=f"involvedObject.name={name}")
    return {(each["type"], each["reason"]) for each in found}
