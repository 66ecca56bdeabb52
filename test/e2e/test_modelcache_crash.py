"""A controller that is killed, at every point at which that could matter, and two of them."""
import threading
import time

import pytest

from harness.caches import (
    GATE,
    is_ready,
    made_jobs,
    make_ready,
    model_cache,
    running_download,
    succeed,
    wait_ready,
)
from harness.controller_host import LEASE
from harness.objects import COMMIT, MODEL, plain_pod
from harness.processes import wait_until

RESTARTS = 60  # the most that a life may need
LEASE_SECONDS = 15


def about(namespace):
    """Calls that change something in a namespace."""
    return lambda call: call.changed_something and f"/namespaces/{namespace}/" in call.path


class Killer:
    """Kills the controller after each call that changed something in a namespace, before it hears of the answer."""

    def __init__(self, controller, namespace):
        self._controller = controller
        self._matches = about(namespace)
        self._lock = threading.Lock()
        self._armed = False
        self.after = []

    def arm(self):
        with self._lock:
            self._armed = True

    def __call__(self, call):
        if not self._matches(call):
            return False
        with self._lock:
            if not self._armed:
                return True  # a write of another worker, on its way when the kill came
            self._armed = False
            self.after.append(call)
        self._controller.kill()
        return True


def live(admin, controller, namespace, killer):
    """Until Ready; the download's end is played as soon as it runs."""
    played = False
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not controller.running():
            controller.wait()
            assert len(killer.after) < RESTARTS, killer.after
            killer.arm()
            controller.start()
        if not played:
            pods = [pod for pod in admin.list("Pod", namespace) if pod["status"].get("phase") == "Running"]
            if pods:
                succeed(admin, pods[0])
                played = True
        if is_ready(admin.get("ModelCache", namespace, "qwen")):
            return
        time.sleep(0.05)
    raise TimeoutError(f"not Ready; killed after {killer.after}")


def end_state(admin, namespace):
    """What a life leaves behind, without what differs between any two."""
    cache = admin.get("ModelCache", namespace, "qwen")
    status = cache["status"]
    (job,) = admin.list("Job", namespace)
    claim = admin.get("PersistentVolumeClaim", namespace, "qwen")
    varying = ("startedAt", "completedAt", "duration", "claimUID", "conditions", "bytesPerSecond", "unusedSince")
    return {
        **{name: value for name, value in status.items() if name not in varying},
        "conditions": {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]},
        "finalizers": cache["metadata"]["finalizers"],
        "job": (job["metadata"]["name"], job["status"].get("succeeded")),
        "claim": (claim["metadata"]["labels"], claim["spec"]["resources"]),
        "events": {
            (each["involvedObject"]["kind"], each["reason"])
            for each in admin.list("Event", namespace)
            if each.get("reportingComponent") == "warmgate-controller"
        },
    }


def test_a_controller_that_dies_after_every_single_write_comes_to_the_same_end(
    plane, controller, admin, namespace, note
):
    """The API server has done what was asked, the controller never learns of it, and the next one goes on."""
    admin.create(model_cache(namespace))
    succeed(admin, running_download(admin, namespace))
    wait_ready(admin, namespace)
    wanted = end_state(admin, namespace)

    other = admin.make_namespace(f"{namespace}-killed")
    killer = Killer(controller, other)
    killer.arm()
    controller.relay.before_answer = killer
    try:
        admin.create(model_cache(other))
        live(admin, controller, other, killer)
    finally:
        controller.relay.before_answer = None
    if not controller.running():
        controller.wait()
        controller.start()
    wait_ready(admin, other)
    found = end_state(admin, other)
    note(f"A controller killed after each of its {len(killer.after)} writes made one Job and came to the same end")
    assert made_jobs(plane, other) == made_jobs(plane, namespace)
    assert [name for name in wanted if found[name] != wanted[name]] == [], (wanted, found)
    assert len(killer.after) >= 5, killer.after
    admin.delete("Namespace", None, other)


def test_a_pod_that_came_while_no_controller_was_there_is_released(controllers, controller, admin, namespace):
    admin.create(model_cache(namespace))
    make_ready(admin, namespace)
    controller.kill()
    controller.wait()
    pod = plain_pod(namespace, "held")
    pod["metadata"]["annotations"] = {"warmgate.dev/waits-for": f"qwen={MODEL}@{COMMIT}"}
    pod["spec"]["schedulingGates"] = [GATE]
    admin.create(pod)
    controller.start()
    admin.wait_for("Pod", namespace, "held", lambda pod: pod["status"].get("phase") == "Running", "the Pod runs", 30)


@pytest.fixture
def second(controllers):
    """Another controller, which is not started yet; whoever leads in the end, the first one is there again."""
    controller = controllers.add("second")
    yield controller
    controller.relay.before_answer = None
    controller.stop()


def let_go(controllers, first, second):
    """The first leads alone again, at once: a controller that is asked to end gives the Lease back."""
    if second.running():
        second.terminate()
        second.wait()
    if not first.running():
        first.start()
    controllers.wait_leads(first)


def test_the_other_controller_takes_over_from_a_dead_one(controllers, controller, second, admin, namespace, note):
    second.start()
    admin.create(model_cache(namespace))
    download = running_download(admin, namespace)
    controller.kill()
    controller.wait()
    killed = time.monotonic()
    succeed(admin, download)
    controllers.wait_leads(second)
    took = time.monotonic() - killed
    wait_ready(admin, namespace)
    note(f"The other controller led {took:.1f} s after its leader was killed (the Lease lasts {LEASE_SECONDS} s)")
    assert took < LEASE_SECONDS + 10
    let_go(controllers, controller, second)


def test_a_leader_that_slept_past_its_lease_writes_nothing_when_it_wakes(
    plane, controllers, controller, second, admin, namespace, note
):
    """It falls asleep in the middle of its work: after its first write, with the rest of the plan before it."""
    second.start()
    asleep = threading.Event()

    def hook(call):
        if about(namespace)(call) and not asleep.is_set():
            controller.pause()
            asleep.set()
        return False

    controller.relay.before_answer = hook
    admin.create(model_cache(namespace))
    assert asleep.wait(20), "the leader never wrote"
    slept = time.monotonic()
    controllers.wait_leads(second)
    took = time.monotonic() - slept
    download = running_download(admin, namespace)
    before = len(controller.relay.calls(about(namespace)))
    controller.resume()
    # It hears the answer to its write, and has lost the Lease; it ends or stands by, as the second goes on.
    succeed(admin, download)
    wait_ready(admin, namespace)
    stood_by(controllers, controller)
    assert controllers.holder() == second.identity
    assert len(controller.relay.calls(about(namespace))) == before
    assert len(made_jobs(plane, namespace)) == 1
    note(f"The other controller led {took:.1f} s after its leader fell asleep; the sleeper wrote nothing when it woke")
    controller.relay.before_answer = None
    let_go(controllers, controller, second)


def stood_by(controllers, controller):
    """Until the woken one knows: it has ended, or has read the Lease since."""

    def knows():
        if not controller.running():
            return True
        return any(call.path == LEASE and not call.is_write for call in controller.relay.calls()[-3:])

    wait_until(knows, 20, "the woken controller knows that it does not lead")
