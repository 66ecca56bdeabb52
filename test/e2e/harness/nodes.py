"""Nodes without machines behind them, and what a test tells the kubelet that kwok plays."""

PREFIX = "e2e.warmgate.dev"


def node(name, zone, gpus=0):
    """With GPUs, what the NVIDIA device plugin advertises; without, room for many downloads of 64Gi at once."""
    cpu, memory, pods = ("32", "128Gi", "110") if gpus else ("512", "8Ti", "500")
    capacity = {"cpu": cpu, "memory": memory, "ephemeral-storage": "2Ti", "pods": pods}
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone,
        f"{PREFIX}/pool": "gpu" if gpus else "cpu",
    }
    if gpus:
        capacity["nvidia.com/gpu"] = str(gpus)
        labels["nvidia.com/gpu.present"] = "true"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {"capacity": capacity, "allocatable": capacity},
    }


def is_ready(document):
    conditions = document.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def add_nodes(api, nodes):
    for document in nodes:
        api.create(document)
    names = {document["metadata"]["name"] for document in nodes}

    def all_ready(found):
        return names <= {each["metadata"]["name"] for each in found if is_ready(each)}

    api.wait_for_all("Node", None, all_ready, f"nodes {sorted(names)} are Ready")


def tell(api, pod, **words):
    """end_pod and evict_pod in their plain form: annotations that the stages of kwok-stages.yaml look for."""
    annotations = {f"{PREFIX}/{word.replace('_', '-')}": str(value) for word, value in words.items()}
    metadata = pod["metadata"]
    api.patch("Pod", metadata["namespace"], metadata["name"], {"metadata": {"annotations": annotations}})


def end_pod(api, pod, exit_code, **words):
    """Its containers end; words are reason and message."""
    tell(api, pod, exit_code=exit_code, **words)


def evict_pod(api, pod, message):
    tell(api, pod, evicted="true", message=message)
