"""The rule fixtures of test/rules, each in a namespace of its own, and the facts that the server is started with."""
import json

from .tools import REPOSITORY

RULES = REPOSITORY / "test" / "rules"
EXAMPLES = REPOSITORY / "examples"
INPUT_RULES = "WG0"  # about files; the API server and kubectl have their own words for these

CLUSTER_SCOPED = ("CachePolicy", "StorageClass")

# Namespaces that have the ModelCache and the claim of examples/.
CACHED = ("cached-deployment", "cached-pod", "cached-generate-name", "cached-job", "cached-apply")
# And one that has the claim alone.
CLAIMED = ("day-one",)


def failing_fixtures():
    found = sorted(RULES.glob("WG*/fail.*.yaml"))
    return [path for path in found if not path.parent.name.startswith(INPUT_RULES)]


def namespace_of(path):
    """WG205/fail.no-volume.yaml is judged in wg205-no-volume."""
    return f"{path.parent.name}-{path.stem.removeprefix('fail.')}".lower()


def write_facts(kubectl, target):
    """What exists in the cluster, as `serve --facts` reads it: the documents of each fixture in its namespace, so that
    the server knows of each namespace what the linter knows of each file.

    kubectl reads the YAML, everything at once: it is asked for often enough. A ConfigMap in front of each fixture tells
    where it begins."""
    wanted = [(namespace_of(path), path) for path in failing_fixtures()]
    wanted += [(name, EXAMPLES / "pvc.yaml") for name in CLAIMED]
    wanted += [(name, EXAMPLES / file) for name in CACHED for file in ("pvc.yaml", "modelcache.yaml")]
    mark = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n---\n{}"
    texts = [mark.format(namespace, path.read_text(encoding="utf-8")) for namespace, path in wanted]
    arguments = ("create", "--dry-run=client", "--validate=false", "--filename", "-")
    facts, namespace = [], None
    for document in kubectl.documents(*arguments, text="\n---\n".join(texts)):
        if document["kind"] == "ConfigMap":
            namespace = document["metadata"]["name"]
            continue
        if document["kind"] not in CLUSTER_SCOPED:
            document["metadata"]["namespace"] = namespace
        facts.append(document)
    target.write_text("\n---\n".join(map(json.dumps, facts)), encoding="utf-8")
