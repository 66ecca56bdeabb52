"""The ModelCache's CRD by itself: what a real API server makes of it, before Warmgate is there."""
import json

import pytest

from harness import tools

CRD = tools.REPOSITORY / "deploy" / "webhook" / "base" / "crds" / "modelcaches.yaml"
COMMIT = "9216db5781bf21249d130ec9da846c4624c16137"
NAMESPACE = "crd"

REFUSED = {
    "a branch": ({"source": {"huggingFace": {"revision": "main"}}}, "revision must be a full commit SHA"),
    "a repository without an organisation": ({"source": {"huggingFace": {"repo": "gpt2"}}}, "source.huggingFace.repo"),
    "a password in the endpoint": (
        {"source": {"huggingFace": {"endpoint": "https://u:p@host"}}},
        "endpoint must be http:// or https:// and a host",
    ),
    "a pattern of two lines": ({"source": {"huggingFace": {"allowPatterns": ["a\nb"]}}}, "allowPatterns[0]"),
    "no storage": ({"storage": {"claimName": None}}, "exactly one of claimName"),
    "both storages": ({"storage": {"create": {}}}, "exactly one of claimName"),
    "a size that is none": ({"storage": {"claimName": None, "create": {"size": "big"}}}, "storage.create.size"),
    "the root folder": ({"mountPath": "/"}, "mountPath must be an absolute path below /"),
    "a way up": ({"mountPath": "/a/../b"}, "mountPath must be an absolute path below /"),
    "a variable of the download's": (
        {"download": {"env": [{"name": "HF_HOME", "value": "/x"}]}},
        "the download sets HF_HOME, HF_TOKEN, HOME and their like itself",
    ),
    "a GPU for the download": (
        {"download": {"resources": {"limits": {"nvidia.com/gpu": 1}}}},
        'unknown field "spec.download.resources.limits.nvidia.com/gpu"',
    ),
    "an unknown reclaim policy": ({"reclaimPolicy": "Recycle"}, 'supported values: "Retain", "Delete"'),
}

IMMUTABLE = {
    "the model": ({"source": {"huggingFace": {"repo": "Qwen/Qwen3-8B"}}}, "source is immutable"),
    "the claim": ({"storage": {"claimName": "other"}}, "storage is immutable"),
    "the kind of storage": ({"storage": {"claimName": None, "create": {}}}, "storage is immutable"),
    "the path": ({"mountPath": "/other"}, "mountPath is immutable"),
}


def merged(value, patch):
    """RFC 7396."""
    for name, part in patch.items():
        if part is None:
            value.pop(name, None)
        elif isinstance(part, dict):
            value[name] = merged(dict(value.get(name, {})), part)
        else:
            value[name] = part
    return value


def model_cache(name, patch):
    spec = {
        "source": {"huggingFace": {"repo": "Qwen/Qwen3-32B", "revision": COMMIT}},
        "storage": {"claimName": "model-cache"},
    }
    return json.dumps({
        "apiVersion": "warmgate.dev/v1alpha1",
        "kind": "ModelCache",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": merged(spec, patch),
    })


@pytest.fixture(scope="module", autouse=True)
def crd(kubectl):
    kubectl.ok("apply", "-f", CRD)
    kubectl.ok("wait", "--for=condition=Established", "--timeout=30s", "crd/modelcaches.warmgate.dev")
    kubectl.ok("create", "namespace", NAMESPACE)
    kubectl.ok("apply", "-f", "-", text=model_cache("qwen", {}))
    yield
    kubectl.ok("delete", "-f", CRD)
    kubectl.ok("delete", "namespace", NAMESPACE, "--wait=false")
    kubectl.ok("wait", "--for=delete", "crd/modelcaches.warmgate.dev", "--timeout=60s")


@pytest.mark.parametrize("case", REFUSED)
def test_the_api_server_refuses(kubectl, case):
    patch, message = REFUSED[case]
    answer = kubectl("apply", "-f", "-", text=model_cache("bad", patch))
    assert answer.code != 0
    assert message in answer.err


@pytest.mark.parametrize("case", IMMUTABLE)
def test_nobody_changes_afterwards(kubectl, case):
    patch, message = IMMUTABLE[case]
    answer = kubectl("replace", "-f", "-", text=model_cache("qwen", patch))
    assert answer.code != 0
    assert message in answer.err


def test_defaults_are_written_and_what_may_change_changes(kubectl):
    kubectl.ok("apply", "-f", "-", text=model_cache("changed", {"verify": False}))
    kubectl.ok("replace", "-f", "-", text=model_cache("changed", {"download": {"image": "corp/hf:1"}}))
    spec = kubectl.documents("get", "modelcache", "changed", "-n", NAMESPACE)[0]["spec"]
    assert (spec["verify"], spec["reclaimPolicy"], spec["suspend"], spec["mountPath"], spec["download"]) == (
        True,
        "Retain",
        False,
        "/cache/huggingface",
        {"image": "corp/hf:1"},
    )


def test_the_columns_are_those_that_people_look_for(kubectl):
    status = {
        "phase": "Downloading",
        "shortRevision": COMMIT[:12],
        "size": "65.5 GB",
        "progress": "42%",
        "claimName": "model-cache",
        "users": 3,
        "duration": "9m58s",
        "conditions": [{"type": "Verified", "status": "False"}, {"type": "Ready", "status": "True"}],
    }
    patch = json.dumps({"status": status})
    kubectl.ok("patch", "wgmc", "qwen", "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", patch)
    kubectl.ok("wait", "wgmc/qwen", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=30s")
    heading, row = kubectl.ok("get", "wgmc", "qwen", "-n", NAMESPACE, "-o", "wide").out.splitlines()
    words = [word for word in heading.split("   ") if word.strip()]
    assert [word.strip() for word in words] == (
        "NAME MODEL REVISION PHASE SIZE PROGRESS CLAIM AGE VERIFIED".split() + ["USED BY", "DURATION"]
    )
    assert "Qwen/Qwen3-32B   9216db5781bf   Downloading   65.5 GB   42%        model-cache" in row
    assert row.split()[-3:] == ["False", "3", "9m58s"]


def test_every_field_is_explained(kubectl):
    explained = kubectl.ok("explain", "modelcache.spec", "--recursive=false").out
    explained += kubectl.ok("explain", "modelcache.spec.download").out
    explained += kubectl.ok("explain", "modelcache.status").out
    assert "<no description>" not in explained
