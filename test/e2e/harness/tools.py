"""Where the programs of the control plane are."""
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BUILT = REPOSITORY / "build" / "e2e" / "bin"
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok")


def folders():
    """KUBEBUILDER_ASSETS, as envtest has it, goes first; it may hold only some of the programs."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    return ([pathlib.Path(assets)] if assets else []) + [BUILT]


def program(name):
    for folder in folders():
        if os.access(folder / name, os.X_OK):
            return folder / name
    return None


def missing():
    return [name for name in PROGRAMS if program(name) is None]


def warmgate():
    return pathlib.Path(os.environ.get("WARMGATE_BINARY") or REPOSITORY / "build" / "bin" / "warmgate")
