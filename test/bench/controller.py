#!/usr/bin/env python3
"""What `warmgate controller` takes with many ModelCaches and gated Pods, on a real kube-apiserver and etcd.

  test/bench/controller.py [--binary FILE] [--caches N] [--pods N] [--namespaces N] [--workers N]

--caches N ModelCaches (default 10000), each on a claim of its own, and --pods N Pods (default 5000) that wait for them
are there before the controller starts. Every download is complete as soon as its Job is there: this script plays the Job
controller, and neither a scheduler nor kubelets run. It prints how long all takes to be Ready and every gate to be gone,
what memory and CPU the controller takes by then and afterwards, when nothing happens, how many API calls a cache and a
single change cost, and how long a restart takes until all is known again.

Build first (scripts/build), and the control plane's programs (scripts/e2e --build; or KUBEBUILDER_ASSETS). It takes
some minutes.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "e2e"))
sys.dont_write_bytecode = True

from harness import metrics, tools  # noqa: E402
from harness.api import ApiError  # noqa: E402
from harness.caches import GATE, is_gated, is_ready, model_cache  # noqa: E402
from harness.control_plane import ControlPlane  # noqa: E402
from harness.controller_host import ControllerHost  # noqa: E402
from harness.nodes import node  # noqa: E402
from harness.objects import COMMIT, plain_pod  # noqa: E402
from harness.processes import wait_until  # noqa: E402
from harness.reaper import Reaper  # noqa: E402
from harness.storage import storage_class  # noqa: E402

BASE = ROOT / "deploy" / "webhook" / "base"
# In this order: the account is in the namespace.
INSTALLED = ("namespace", "crds/modelcaches", "controller-account", "controller-role", "controller-limits")
CALLS = "warmgate_controller_api_calls_total"
LOOK_SECONDS = "warmgate_controller_reconcile_duration_seconds_sum"
THREADS = 8
LIMIT_SECONDS = 1800
IDLE_SECONDS = 60
CHANGES = 100
TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """Of a process, since it began."""

    def __init__(self, pid):
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        self.cpu = (int(stat[11]) + int(stat[12])) / TICKS
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        memory = dict(line.split(":", 1) for line in status.splitlines())
        self.resident = int(memory["VmRSS"].split()[0]) / 1024
        self.peak = int(memory["VmHWM"].split()[0]) / 1024


class Watch:
    """What is true of how many objects of a kind, followed by a thread."""

    def __init__(self, admin, kind, check):
        self._admin = admin
        self._kind = kind
        self._check = check
        self._true = set()
        self._stopped = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def count(self):
        return len(self._true)

    def stop(self):
        self._stopped.set()

    def _run(self):
        version = "0"
        while not self._stopped.is_set():
            try:
                for change, item in self._admin.watch(self._kind, None, version, 60):
                    version = item["metadata"]["resourceVersion"]
                    name = (item["metadata"].get("namespace"), item["metadata"]["name"])
                    if change != "DELETED" and self._check(item):
                        self._true.add(name)
                    else:
                        self._true.discard(name)
            except (OSError, ApiError):
                version = "0"


class Downloads:
    """Completes each Job as soon as it is there."""

    def __init__(self, admin):
        self._admin = admin
        self._pool = concurrent.futures.ThreadPoolExecutor(2)
        self._done = set()
        self._watch = Watch(admin, "Job", self._complete)

    def stop(self):
        self._watch.stop()
        self._pool.shutdown(cancel_futures=True)

    def _complete(self, job):
        metadata = job["metadata"]
        if metadata["uid"] not in self._done:
            self._done.add(metadata["uid"])
            self._pool.submit(self._patch, metadata["namespace"], metadata["name"])
        return True

    def _patch(self, namespace, name):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        conditions = [
            {"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now}
            for kind in ("SuccessCriteriaMet", "Complete")
        ]
        status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions}
        self._admin.patch("Job", namespace, name, {"status": status}, subresource="status")


def install(plane):
    for name in INSTALLED:
        plane.kubectl.ok("apply", "--server-side", "-f", BASE / f"{name}.yaml")
    plane.kubectl.ok("wait", "--for=condition=Established", "--timeout=30s", "crd/modelcaches.warmgate.dev")
    for index in range(4):
        plane.admin.create(node(f"cpu-{index}", "zone-a"))
    slow = storage_class("standard-rwx")
    slow["volumeBindingMode"] = "WaitForFirstConsumer"  # nobody binds here
    plane.admin.create(slow)


def place(index, namespaces):
    return f"team-{index % namespaces}"


def cache(index, namespaces):
    return model_cache(place(index, namespaces), f"model-{index}", repo=f"org/model-{index}", verify=False)


def gated(index, namespaces, name=None):
    pod = plain_pod(place(index, namespaces), name or f"worker-{index}")
    pod["metadata"]["labels"] = {"warmgate.dev/gated": "true"}
    pod["metadata"]["annotations"] = {
        "warmgate.dev/waits-for": f"model-{index}=org/model-{index}@{COMMIT}",
        "warmgate.dev/models": f"nginx=org/model-{index}@{COMMIT}",
    }
    pod["spec"]["schedulingGates"] = [GATE]
    pod["spec"]["volumes"] = [
        {"name": "cache", "persistentVolumeClaim": {"claimName": f"model-{index}", "readOnly": True}}
    ]
    return pod


def fill(admin, options):
    for index in range(options.namespaces):
        name = place(index, options.namespaces)
        admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        # Pods need it, and no controller makes it here.
        admin.create(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        )
    documents = [cache(index, options.namespaces) for index in range(options.caches)]
    documents += [gated(index, options.namespaces) for index in range(options.pods)]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for done in pool.map(admin.create, documents):
            del done
    print(f"{len(documents)} objects created in {time.monotonic() - started:.0f} s", flush=True)


def calls(controller):
    return metrics.total(controller.get("/metrics") or "", CALLS)


def calls_by_kind(controller, options):
    """For each ModelCache, most first."""
    kinds = {}
    for labels, value in metrics.samples(controller.get("/metrics") or "", CALLS):
        kind = f"{labels['verb']} {labels['resource']} {labels['code']}"
        kinds[kind] = kinds.get(kind, 0) + value
    shown = sorted(kinds.items(), key=lambda item: -item[1])
    return ", ".join(f"{kind} {value / options.caches:.1f}" for kind, value in shown if value >= options.caches / 20)


def converge(controller, admin, options):
    downloads = Downloads(admin)
    ready, held = Watch(admin, "ModelCache", is_ready), Watch(admin, "Pod", is_gated)
    started = time.monotonic()
    try:
        controller.start()
        wait_until(lambda: ready.count() == options.caches, LIMIT_SECONDS, f"all Ready, {ready.count()} are")
        wait_until(lambda: held.count() == 0, LIMIT_SECONDS, "no Pod is gated")
    finally:
        took = time.monotonic() - started
        print(f"after {took:.0f} s {ready.count()} ModelCaches are Ready, {held.count()} Pods are gated", flush=True)
        for each in (downloads, ready, held):
            each.stop()
    usage, made = Usage(controller.pid), calls(controller)
    busy = metrics.total(controller.get("/metrics") or "", LOOK_SECONDS)
    print(f"a call took {busy / made * 1000:.1f} ms of a worker's time, of which there were {options.workers}")
    print(f"converged at {options.caches / took:.0f} ModelCaches a second")
    print(f"CPU {usage.cpu:.1f} s, memory {usage.resident:.0f} MiB (peak {usage.peak:.0f} MiB)")
    each = made / (options.caches + options.pods)
    print(f"API calls: {made:.0f}, {each:.1f} for each ModelCache and Pod: {calls_by_kind(controller, options)}", flush=True)


def settle(controller):
    """Until nothing has been asked for some seconds."""
    last = [calls(controller), time.monotonic()]

    def quiet():
        now = calls(controller)
        if now - last[0] > 5:  # renewals of the Lease
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > 5

    wait_until(quiet, LIMIT_SECONDS, "the controller has nothing to do")


def idle(controller):
    settle(controller)
    before, asked = Usage(controller.pid), calls(controller)
    time.sleep(IDLE_SECONDS)
    after, rest = Usage(controller.pid), calls(controller) - asked
    print(
        f"idle for {IDLE_SECONDS} s: CPU {(after.cpu - before.cpu) / IDLE_SECONDS * 100:.1f} % of a core, "
        f"memory {after.resident:.0f} MiB, {rest:.0f} API calls",
        flush=True,
    )
    return rest / IDLE_SECONDS


def changes(controller, admin, options, background):
    """What a Pod that finds its cache Ready costs, and a cache that is only looked at."""
    before, started = calls(controller), time.monotonic()
    cpu = Usage(controller.pid).cpu
    for index in range(CHANGES):
        admin.create(gated(index, options.namespaces, f"late-{index}"))

    def released():
        return not any(
            is_gated(pod)
            for index in range(min(CHANGES, options.namespaces))
            for pod in admin.list("Pod", place(index, options.namespaces), labelSelector="warmgate.dev/gated=true")
        )

    wait_until(released, 120, "no late Pod is gated")
    took = time.monotonic() - started
    settle(controller)
    made = calls(controller) - before - background * (time.monotonic() - started)
    spent = Usage(controller.pid).cpu - cpu
    print(
        f"{CHANGES} gated Pods of Ready caches: {took:.1f} s, {made / CHANGES:.1f} API calls and "
        f"{spent / CHANGES * 1000:.1f} ms of CPU each",
        flush=True,
    )


def restart(controller, options):
    controller.terminate()
    controller.wait()
    started = time.monotonic()
    controller.start()
    wait_until(lambda: (controller.get("/readyz") or "") != "", 300, "it is ready")
    print(f"restarted: ready after {time.monotonic() - started:.1f} s", end="")
    settle(controller)
    usage = Usage(controller.pid)
    print(
        f", nothing left to do after {time.monotonic() - started - 5:.1f} s, {calls(controller):.0f} API calls, "
        f"CPU {usage.cpu:.1f} s, memory {usage.resident:.0f} MiB (peak {usage.peak:.0f} MiB), "
        f"{options.caches} ModelCaches"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("WARMGATE_BINARY"))
    parser.add_argument("--caches", type=int, default=10_000)
    parser.add_argument("--pods", type=int, default=5_000)
    parser.add_argument("--namespaces", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4, help="of the controller; 4 is its own default")
    options = parser.parse_args()
    if options.binary:
        os.environ["WARMGATE_BINARY"] = str(options.binary)
    missing = [name for name in ("etcd", "kube-apiserver", "kubectl") if tools.program(name) is None]
    if missing:
        sys.exit(f"controller.py: no {', '.join(missing)}: run scripts/e2e --build, or set KUBEBUILDER_ASSETS")
    folder, reaper = pathlib.Path(tempfile.mkdtemp(prefix="warmgate-bench-")), Reaper()
    reaper.add("folder", str(folder))
    plane = ControlPlane(folder, reaper)
    policy = folder / "policy"
    policy.mkdir()
    shutil.copy(ROOT / "policies" / "default.yaml", policy / "policy.yaml")
    controllers = ControllerHost(plane, folder / "controllers", reaper, policy)
    try:
        plane.start_etcd()
        plane.start_apiserver()
        install(plane)
        fill(plane.admin, options)
        controller = controllers.add("bench", direct=True, arguments=("--workers", options.workers))
        converge(controller, plane.admin, options)
        background = idle(controller)
        changes(controller, plane.admin, options, background)
        restart(controller, options)
    finally:
        controllers.stop()
        plane.stop()
        shutil.rmtree(folder)
        reaper.done("folder", str(folder))
        reaper.close()


if __name__ == "__main__":
    main()
