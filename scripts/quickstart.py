#!/usr/bin/env python3
"""The requests of scripts/quickstart, and what the right answers to them are.

  quickstart.py list                  the cases in order, one a line: name and hook (validate or mutate)
  quickstart.py request DIR CASE UID  writes DIR/CASE.request.json, an AdmissionReview, and tells what it asks
  quickstart.py answer DIR CASE       shows DIR/CASE.answer.json; exit code 1 with the differences when it is not right

A case may build on the answer of an earlier one in the same folder.
"""
import base64
import copy
import json
import os
import pathlib
import re
import sys
import textwrap

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
MODEL = "Qwen/Qwen3-32B"
COMMIT = "9216db5781bf21249d130ec9da846c4624c16137"
RESOURCES = {"Pod": ("", "v1", "pods"), "Deployment": ("apps", "v1", "deployments")}

# What Warmgate does to examples/bare-pod.json: volume, read-only mount, HF_HOME, commit, and a note of all that.
INJECTION = [
    ("add", "/spec/volumes", []),
    (
        "add",
        "/spec/volumes/-",
        {"name": "warmgate-cache", "persistentVolumeClaim": {"claimName": "model-cache", "readOnly": True}},
    ),
    ("add", "/spec/containers/0/volumeMounts", []),
    (
        "add",
        "/spec/containers/0/volumeMounts/-",
        {"name": "warmgate-cache", "mountPath": "/cache/huggingface", "readOnly": True},
    ),
    ("add", "/spec/containers/0/env", []),
    ("add", "/spec/containers/0/env/-", {"name": "HF_HOME", "value": "/cache/huggingface"}),
    ("add", "/spec/containers/0/args/-", "--revision"),
    ("add", "/spec/containers/0/args/-", COMMIT),
    ("add", "/metadata/annotations", {}),
    ("add", "/metadata/annotations/warmgate.dev~1models", f"vllm={MODEL}@{COMMIT}"),
    ("add", "/metadata/annotations/warmgate.dev~1claims", "vllm=model-cache"),
]


def example(name):
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


def pod_spec(deployment):
    return deployment["spec"]["template"]["spec"]


def without_revision():
    deployment = example("deployment.json")
    args = pod_spec(deployment)["containers"][0]["args"]
    flag = args.index("--revision")
    del args[flag : flag + 2]
    return deployment


def on_rwo_claim():
    deployment = example("deployment.json")
    deployment["spec"]["replicas"] = 2
    pod_spec(deployment)["volumes"][0]["persistentVolumeClaim"]["claimName"] = "model-cache-rwo"
    return deployment


def decoded_patch(response):
    """The operations of a response as (op, path, value); nothing when there is no patch."""
    if response.get("patchType") != "JSONPatch":
        return []
    operations = json.loads(base64.b64decode(response["patch"], validate=True))
    return [(step["op"], step["path"], step.get("value")) for step in operations]


def apply_patch(document, operations):
    """RFC 6902, as far as Warmgate uses it: `add` to a mapping or to the end of a list."""
    document = copy.deepcopy(document)
    for op, path, value in operations:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:]]
        parent = document
        for key in keys[:-1]:
            parent = parent[int(key) if isinstance(parent, list) else key]
        if op != "add" or isinstance(parent, list) != (keys[-1] == "-"):
            sys.exit(f"quickstart: the patch has an operation that nobody expected: {op} {path}")
        if isinstance(parent, list):
            parent.append(copy.deepcopy(value))
        else:
            parent[keys[-1]] = copy.deepcopy(value)
    return document


def patched_pod(folder):
    return apply_patch(example("bare-pod.json"), decoded_patch(read_answer(folder, "bare-pod")["response"]))


class Case:
    """One request, and the answer it must get: the rules that deny, those that only warn, and the patch."""

    def __init__(self, title, changed, build, hook="validate", denied_by=(), warned_by=(), patch=()):
        self.title = title
        self.changed = changed
        self.build = build
        self.hook = hook
        self.denied_by = list(denied_by)
        self.warned_by = list(warned_by)
        self.patch = list(patch)


CASES = {
    "pattern": Case(
        "The pattern's Deployment: a pinned model from a shared, read-only cache",
        "examples/deployment.json as it is",
        lambda folder: example("deployment.json"),
    ),
    "no-revision": Case(
        "The same without --revision",
        "examples/deployment.json without --revision and its commit",
        lambda folder: without_revision(),
        denied_by=["WG101"],
    ),
    "rwo-claim": Case(
        "The same with two replicas on a ReadWriteOnce claim",
        "examples/deployment.json with replicas: 2 and claimName: model-cache-rwo",
        lambda folder: on_rwo_claim(),
        denied_by=["WG201"],
    ),
    "bare-pod": Case(
        "A bare GPU Pod: no volume, no revision, but its namespace has a ModelCache for the model",
        "examples/bare-pod.json as it is",
        lambda folder: example("bare-pod.json"),
        hook="mutate",
        warned_by=["WG101", "WG205"],
        patch=INJECTION,
    ),
    "patched-pod": Case(
        "That Pod with the patch applied, as the API server sends it on",
        "examples/bare-pod.json and the patch above",
        patched_pod,
    ),
}


def review(document, uid):
    """The AdmissionReview with which kube-apiserver asks about the creation of an object."""
    namespace = document["metadata"].setdefault("namespace", "default")
    group, version, plural = RESOURCES[document["kind"]]
    kind = {"group": group, "version": version, "kind": document["kind"]}
    resource = {"group": group, "version": version, "resource": plural}
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": uid,
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": document["metadata"]["name"],
            "namespace": namespace,
            "operation": "CREATE",
            "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
            "object": document,
            "oldObject": None,
            "dryRun": False,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
        },
    }


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"quickstart: {path} is not JSON: {error}")


def read_answer(folder, name):
    answer = read_json(folder / f"{name}.answer.json")
    if not isinstance(answer, dict) or not isinstance(answer.get("response"), dict):
        sys.exit(f"quickstart: the answer is no AdmissionReview with a response: {json.dumps(answer)}")
    return answer


def colour(code, text):
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain else f"\033[{code}m{text}\033[0m"


def show_request(name, request):
    case = CASES[name]
    what = f"{request['operation']} {request['kind']['kind']}/{request['name']}, namespace {request['namespace']}"
    print(colour("1", f"{list(CASES).index(name) + 1}. {case.title}"))
    print(f"   POST /{case.hook}: {what}")
    print(f"   {case.changed}")


def show_answer(response):
    status = response.get("status", {})
    operations = decoded_patch(response)
    if response.get("allowed") is True:
        print("   " + colour("1;32", "ADMITTED, with changes" if operations else "ADMITTED"))
    else:
        print("   " + colour("1;31", f"DENIED {status.get('code')} {status.get('reason')}"))
        print(textwrap.indent(status.get("message", ""), "     "))
    for warning in response.get("warnings", []):
        print("   " + colour("33", f"Warning: {warning}"))
    if operations:
        print("   JSON patch, decoded:")
    for op, path, value in operations:
        print(f"     {op} {path}  " + colour("36", json.dumps(value)))


def rules_in(lines):
    return [match.group() for match in (re.search(r"\bWG\d{3}\b", line) for line in lines) if match]


def differences(case, request, answer):
    """What the answer is and should not be, as sentences."""
    response = answer["response"]
    message = response.get("status", {}).get("message", "")
    found = {
        "apiVersion": answer.get("apiVersion"),
        "kind": answer.get("kind"),
        "uid": response.get("uid"),
        "allowed": response.get("allowed"),
        "rules that deny": rules_in(re.findall(r"^\d+\. .*", message, re.MULTILINE)),
        "rules that warn": rules_in(response.get("warnings", [])),
        "patch": decoded_patch(response),
    }
    wanted = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "uid": request["uid"],
        "allowed": not case.denied_by,
        "rules that deny": case.denied_by,
        "rules that warn": case.warned_by,
        "patch": case.patch,
    }
    return [f"{key}: expected {wanted[key]!r}, got {found[key]!r}" for key in wanted if found[key] != wanted[key]]


def write_request(folder, name, uid):
    document = CASES[name].build(folder)
    body = review(document, uid)
    (folder / f"{name}.request.json").write_text(json.dumps(body), encoding="utf-8")
    show_request(name, body["request"])


def check_answer(folder, name):
    answer = read_answer(folder, name)
    show_answer(answer["response"])
    wrong = differences(CASES[name], read_json(folder / f"{name}.request.json")["request"], answer)
    if wrong:
        print("   " + colour("1;31", "This is not the right answer:"))
    for sentence in wrong:
        print(f"     {sentence}")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["list"]:
        print("\n".join(f"{name} {case.hook}" for name, case in CASES.items()))
        return 0
    if len(arguments) == 4 and arguments[0] == "request" and arguments[2] in CASES:
        write_request(pathlib.Path(arguments[1]), arguments[2], arguments[3])
        return 0
    if len(arguments) == 3 and arguments[0] == "answer" and arguments[2] in CASES:
        return check_answer(pathlib.Path(arguments[1]), arguments[2])
    print(__doc__, file=sys.stderr)
    return 2


def run(arguments):
    """main, with what it printed written: an error of standard output would show at exit only, as a traceback."""
    try:
        code = main(arguments)
        sys.stdout.flush()
        return code
    except OSError as error:
        # Nothing more can be written, not even by the interpreter as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"quickstart: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        return 1


sys.exit(run(sys.argv[1:]))
