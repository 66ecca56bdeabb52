"""Where the programs of the control plane are."""
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BUILT = REPOSITORY / "build" / "e2e"
MODULES = REPOSITORY / "test" / "e2e" / "tools"
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok")


def older_kubernetes():
    """The module of the older minor that scripts/e2e --kubernetes was asked for, kubernetes-1.35 say."""
    minor = os.environ.get("WARMGATE_E2E_KUBERNETES")
    return f"kubernetes-{minor}" if minor else None


def folders():
    """An older Kubernetes that was asked for goes first, then KUBEBUILDER_ASSETS, as envtest has it; each may hold only
    some of the programs."""
    older, assets = older_kubernetes(), os.environ.get("KUBEBUILDER_ASSETS")
    return [*([BUILT / older] if older else []), *([pathlib.Path(assets)] if assets else []), BUILT / "bin"]


def program(name):
    for folder in folders():
        if os.access(folder / name, os.X_OK):
            return folder / name
    return None


def missing():
    return [name for name in PROGRAMS if program(name) is None]


def warmgate():
    return pathlib.Path(os.environ.get("WARMGATE_BINARY") or REPOSITORY / "build" / "bin" / "warmgate")


def client_tests():
    """The program with the tests of the Kubernetes client (test/cluster), which ask a real API server here. None when
    it was not built together with the binary: one of an older build would prove nothing."""
    given = os.environ.get("WARMGATE_TEST_CLUSTER")
    if not given and os.environ.get("WARMGATE_BINARY"):
        return None
    path = pathlib.Path(given or REPOSITORY / "build" / "bin" / "test_cluster")
    return path if os.access(path, os.X_OK) else None


def pinned_versions(name):
    """The go.mod that the Kubernetes program of that name was built from; None when it comes from somewhere else."""
    found = program(name)
    if found is None or not found.is_relative_to(BUILT):
        return None
    return (MODULES / (older_kubernetes() or "kubernetes") / "go.mod").read_text(encoding="utf-8")
