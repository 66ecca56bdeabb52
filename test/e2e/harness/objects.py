"""The objects that tests are made of: the pattern's, and small ways to break it."""
import copy
import json

from .tools import REPOSITORY

MODEL = "Qwen/Qwen3-32B"
COMMIT = "9216db5781bf21249d130ec9da846c4624c16137"
PATTERN = REPOSITORY / "test" / "pattern"
EXAMPLES = REPOSITORY / "examples"


def deployment(namespace=None, name="qwen3-32b-vllm"):
    """The pattern's Deployment, from examples/: as accepted as it is."""
    document = json.loads((EXAMPLES / "deployment.json").read_text(encoding="utf-8"))
    document["metadata"]["name"] = name
    document["metadata"].pop("namespace", None)
    if namespace:
        document["metadata"]["namespace"] = namespace
    labels = {"app": name}
    document["spec"]["selector"] = {"matchLabels": labels}
    document["spec"]["template"]["metadata"]["labels"] = copy.deepcopy(labels)
    return document


def template_spec(document):
    return document["spec"]["template"]["spec"]


def container(document):
    spec = document["spec"]
    return spec.get("template", {}).get("spec", spec)["containers"][0]


def without_flag(document, flag="--revision"):
    args = container(document)["args"]
    position = args.index(flag)
    del args[position : position + 2]
    return document


def without_cache(document):
    """No volume, no mount, no HF_HOME, no revision: what injection supplies where there is a ModelCache."""
    spec = template_spec(document)
    spec.pop("volumes", None)
    for each in spec["containers"]:
        each.pop("volumeMounts", None)
        each["env"] = [variable for variable in each.get("env", []) if variable["name"] != "HF_HOME"]
    return without_flag(document)


def violating_deployment(namespace=None, name="unpinned"):
    """Without a commit: WG101."""
    return without_flag(deployment(namespace, name))


def gpu_pod(namespace=None, name="qwen3-32b"):
    """A bare GPU Pod with neither cache nor commit, from examples/."""
    document = json.loads((EXAMPLES / "bare-pod.json").read_text(encoding="utf-8"))
    document["metadata"] = {"name": name, **({"namespace": namespace} if namespace else {})}
    return document


def pinned_pod(namespace=None, name="pinned"):
    """The Pod of the pattern's Deployment: nothing is wrong with it."""
    document = gpu_pod(namespace, name)
    document["spec"] = template_spec(deployment())
    return document


def plain_pod(namespace=None, name="nginx"):
    """A Pod that has nothing to do with models."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "spec": {"containers": [{"name": "nginx", "image": "nginx:1.29"}]},
    }


def download_job(namespace, name="model-download", retries=3):
    """A Job whose container does nothing here that matters; what it does, kwok's stages decide."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "backoffLimit": retries,
            "template": {
                "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "python:3.12-slim"}]}
            },
        },
    }


def claim(namespace, name, class_, mode="ReadWriteMany"):
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": [mode],
            "resources": {"requests": {"storage": "1Ti"}},
            "storageClassName": class_,
        },
    }


def model_cache(namespace):
    """The one of examples/modelcache.yaml."""
    return {
        "apiVersion": "warmgate.dev/v1alpha1",
        "kind": "ModelCache",
        "metadata": {"name": "qwen3-32b", "namespace": namespace},
        "spec": {
            "source": {"huggingFace": {"repo": MODEL, "revision": COMMIT}},
            "storage": {"claimName": "model-cache"},
            "mountPath": "/cache/huggingface",
        },
    }


CACHE_VOLUME = {"name": "warmgate-cache", "persistentVolumeClaim": {"claimName": "model-cache", "readOnly": True}}
CACHE_MOUNT = {"name": "warmgate-cache", "mountPath": "/cache/huggingface", "readOnly": True}


def assert_injected(pod):
    """A stored Pod of gpu_pod() has the cache of the ModelCache in examples/."""
    main = pod["spec"]["containers"][0]
    assert CACHE_VOLUME in pod["spec"]["volumes"]
    assert CACHE_MOUNT in main["volumeMounts"]
    assert {"name": "HF_HOME", "value": "/cache/huggingface"} in main["env"]
    position = main["args"].index("--revision")
    assert main["args"][position + 1] == COMMIT
    assert pod["metadata"]["annotations"]["warmgate.dev/models"] == f"vllm={MODEL}@{COMMIT}"
