"""The suite as CSI provisioner: StorageClasses with the names of real ones, and PersistentVolumes for claims.

It does what the external-provisioner sidecar does: it answers claims that name one of its drivers with a volume, at
once or, with WaitForFirstConsumer, when the scheduler has written the node it chose into the claim's annotation
volume.kubernetes.io/selected-node; and it removes released volumes.
"""
import http.client
import threading
import time

from .api import ApiError, path_of

PROVISIONER = "volume.kubernetes.io/storage-provisioner"
SELECTED_NODE = "volume.kubernetes.io/selected-node"

# Name: provisioner, parameters, binding mode.
CLASSES = {
    "standard-rwx": ("filestore.csi.storage.gke.io", {"tier": "standard"}, "Immediate"),
    "standard-rwo": ("pd.csi.storage.gke.io", {"type": "pd-balanced"}, "WaitForFirstConsumer"),
    "efs-sc": ("efs.csi.aws.com", {"provisioningMode": "efs-ap"}, "Immediate"),
    "gp3": ("ebs.csi.aws.com", {"type": "gp3"}, "WaitForFirstConsumer"),
    "azurefile-csi": ("file.csi.azure.com", {"skuName": "Standard_LRS"}, "Immediate"),
}
WATCH_SECONDS = 5  # until all claims and volumes are looked at anew
DRIVERS = sorted({provisioner for provisioner, _, _ in CLASSES.values()})


def storage_class(name):
    provisioner, parameters, mode = CLASSES[name]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "parameters": parameters,
        "volumeBindingMode": mode,
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": True,
    }


def csi_driver(name):
    # Nothing is attached to a node that is not there, so the attach controller must not wait for it.
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": name},
        "spec": {"attachRequired": False, "podInfoOnMount": False},
    }


def volume_for(claim, class_, zone):
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": class_["provisioner"]}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": class_["reclaimPolicy"],
            "storageClassName": class_["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "csi": {"driver": class_["provisioner"], "volumeHandle": name},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
    }
    if zone:
        term = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
        affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}
        volume["spec"]["nodeAffinity"] = affinity
    return volume


class Provisioner:
    """Two threads, one for claims and one for volumes, until stop()."""

    def __init__(self, api):
        self._api = api
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(kind, handle), daemon=True)
            for kind, handle in (("PersistentVolumeClaim", self._provision), ("PersistentVolume", self._reclaim))
        ]

    def start(self):
        for name in CLASSES:
            self._api.create(storage_class(name))
        for driver in DRIVERS:
            self._api.create(csi_driver(driver))
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopped.set()

    def _follow(self, kind, handle):
        """Every object of a kind, and each again when it changes; an API server that is away is asked again."""
        while not self._stopped.is_set():
            try:
                listed = self._api.call("GET", path_of(kind)).body
                for item in listed["items"]:
                    handle(item)
                for change, item in self._api.watch(kind, None, listed["metadata"]["resourceVersion"], WATCH_SECONDS):
                    if change != "DELETED":
                        handle(item)
            except (OSError, http.client.HTTPException, ApiError, ValueError):
                time.sleep(0.2)

    def _provision(self, claim):
        if claim["spec"].get("volumeName") or claim["status"].get("phase") != "Pending":
            return
        annotations = claim["metadata"].get("annotations", {})
        if PROVISIONER not in annotations:  # the volume controller has not handed it to us
            return
        class_ = self._api.get("StorageClass", None, claim["spec"]["storageClassName"])
        if class_["provisioner"] not in DRIVERS:
            return
        zone = None
        if class_["volumeBindingMode"] == "WaitForFirstConsumer":
            node = annotations.get(SELECTED_NODE)
            if not node:
                return
            zone = self._api.get("Node", None, node)["metadata"]["labels"]["topology.kubernetes.io/zone"]
        self._ignore(409, lambda: self._api.create(volume_for(claim, class_, zone)))

    def _reclaim(self, volume):
        if volume["status"].get("phase") == "Released" and "deletionTimestamp" not in volume["metadata"]:
            self._ignore(404, lambda: self._api.delete("PersistentVolume", None, volume["metadata"]["name"]))

    @staticmethod
    def _ignore(code, action):
        """Somebody, maybe this very thread a moment ago, has done it already."""
        try:
            action()
        except ApiError as error:
            if error.code != code:
                raise
