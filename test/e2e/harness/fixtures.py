"""The rule fixtures of test/rules, each in a namespace of its own, and what the server knows of them."""
import json
import re

from .tools import REPOSITORY

RULES = REPOSITORY / "test" / "rules"
EXAMPLES = REPOSITORY / "examples"
INPUT_RULES = "WG0"  # about files; the API server and kubectl have their own words for these
OFFLINE_RULES = ("WG503",)  # the webhook may not read Secrets, so it knows of none
WORLD_RULES = ("WG309", "WG406", "WG504")  # their files hold a policy or a controller's Lease; a cluster has one of each
CLASS_RULES = ("WG202", "WG204")  # their StorageClasses have one name in several fixtures, and one cluster has one

# Stands before each in the text that kubectl reads.
BEGINS = "warmgate.test/begins"
MARK = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{}}\n  labels:\n    {BEGINS}: fixture\n---\n{{}}"

CLUSTER_SCOPED = ("CachePolicy", "PersistentVolume", "StorageClass")
# Created in the cluster, from where the server learns of them. The rest is in files beside it (serve --facts): the
# workloads of a file are known to the cluster only by Pods that they do not have yet.
LIVE = ("PersistentVolumeClaim", "ModelCache")

# Namespaces that have the ModelCache and the claim of examples/.
CACHED = ("cached-deployment", "cached-pod", "cached-generate-name", "cached-job", "cached-apply")


# What this cluster serves: the custom resources of other projects it does not have (test/models and test/fixtures judge
# those).
SERVED = re.compile(r"(?:apps/|batch/|autoscaling/|policy/|storage\.k8s\.io/|warmgate\.dev/)?v\d\w*")


def is_served(path):
    versions = re.findall(r"(?m)^apiVersion: (\S+)$", path.read_text(encoding="utf-8"))
    return all(SERVED.fullmatch(version) for version in versions)


def has_status(path):
    """Only a controller writes one, and a status that a fixture tells is none that it would write."""
    return re.search(r"(?m)^status:$", path.read_text(encoding="utf-8")) is not None


def failing_fixtures():
    found = sorted(RULES.glob("WG*/fail.*.yaml"))
    left_out = (INPUT_RULES, *OFFLINE_RULES, *WORLD_RULES, *CLASS_RULES)
    return [
        path
        for path in found
        if not path.parent.name.startswith(left_out) and is_served(path) and not has_status(path)
    ]


def namespace_of(path):
    """WG205/fail.no-volume.yaml is judged in wg205-no-volume."""
    return f"{path.parent.name}-{path.stem.removeprefix('fail.')}".lower()


class Facts:
    """What exists beside the objects that are judged: the documents of each fixture in its namespace, so that the
    server knows of each namespace what the linter knows of each file.

    kubectl reads the YAML, everything at once: it is asked for often enough. A ConfigMap in front of each fixture tells
    where it begins."""

    def __init__(self, kubectl):
        wanted = [(namespace_of(path), path) for path in failing_fixtures()]
        wanted += [(name, EXAMPLES / file) for name in CACHED for file in ("pvc.yaml", "modelcache.yaml")]
        texts = [MARK.format(namespace, path.read_text(encoding="utf-8")) for namespace, path in wanted]
        arguments = ("create", "--dry-run=client", "--validate=false", "--filename", "-")
        self._documents, namespace = [], None
        for document in kubectl.documents(*arguments, text="\n---\n".join(texts)):
            if BEGINS in document["metadata"].get("labels", {}):
                namespace = document["metadata"]["name"]
                continue
            if document["kind"] not in CLUSTER_SCOPED:
                document["metadata"]["namespace"] = namespace
            self._documents.append(document)

    def create(self, api):
        for document in self._documents:
            if document["kind"] in LIVE:
                api.create(document)

    def write(self, target):
        rest = [document for document in self._documents if document["kind"] not in LIVE]
        target.write_text("\n---\n".join(map(json.dumps, rest)), encoding="utf-8")


def judged_text(path):
    """The documents of a fixture that are not in the cluster already, as they are in the file."""
    documents = re.split(r"(?m)^---\n", path.read_text(encoding="utf-8"))
    kept = [text for text in documents if not re.search(rf"(?m)^kind: ({'|'.join(LIVE)})$", text)]
    return "---\n".join(kept)
