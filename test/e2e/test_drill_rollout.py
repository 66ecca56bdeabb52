"""Rolling restarts behind the Service while people apply manifests."""
import collections
import concurrent.futures
import json
import re
import threading
import time

import pytest

from harness.api import ApiError
from harness.objects import deployment, violating_deployment
from harness.processes import wait_until

pytestmark = pytest.mark.usefixtures("before_drills")

RESTARTS = 10
STREAMS = 2  # of kubectl; one of dry runs over the API comes on top
REQUESTS = 60  # that a server has answered before it is replaced


class Stream:
    """kubectl apply, again and again, of a change that Warmgate allows and of an object that it denies."""

    def __init__(self, kubectl, namespace):
        self._kubectl = kubectl
        self._namespace = namespace
        self._stopped = threading.Event()
        self.results = collections.Counter()
        self.surprises = []

    def run(self, name):
        good, bad = deployment(name=f"good-{name}"), violating_deployment(name=f"bad-{name}")
        for document in (good, bad):
            document["spec"]["replicas"] = 0
        turn = 0
        while not self._stopped.is_set():
            turn += 1
            good["metadata"]["labels"] = {"turn": str(turn)}
            self._apply("allowed", good)
            self._apply("denied", bad)

    def run_dry(self, api):
        """The same question again and again, without the pauses in which kubectl starts."""
        document = violating_deployment(self._namespace)
        while not self._stopped.is_set():
            try:
                api.create(document, dryRun="All")
            except ApiError as error:
                found = "denied" if "denied the request" in error.message else f"failed: {error}"
            else:
                found = "allowed"
            self._count("denied", found)

    def _apply(self, wanted, document):
        answer = self._kubectl("--namespace", self._namespace, "apply", "-f", "-", text=json.dumps(document))
        if answer.code == 0:
            found = "allowed"
        elif "denied the request" in answer.err:
            found = "denied"
        else:
            found = f"failed: {answer.text.strip()}"
        self._count(wanted, found)

    def _count(self, wanted, found):
        self.results[found.partition(":")[0]] += 1
        if found != wanted:
            self.surprises.append(f"{time.strftime('%T')} not {wanted}: {found}")

    def stop(self):
        self._stopped.set()


def replace_server(warmgate):
    """What a rollout does to one Pod: the new one is ready, the old one leaves the endpoints, gets SIGTERM and ends
    when its connections have. There is no preStop that waits until API servers know: this is harder than a real
    rollout. The exit code, and the seconds that took."""
    old = warmgate.host.servers[0]
    wait_until(lambda: old.requests() >= REQUESTS, 60, f"{REQUESTS} requests have come")
    new = warmgate.start_server()
    warmgate.host.publish([new])
    old.terminate()
    started = time.monotonic()
    code = old.wait(60)
    return code, time.monotonic() - started


# The one way to lose a request: the leaving server ends a connection that has been idle (connection_server.cpp) in the
# moment in which the API server takes it out of its pool, and client-go does not repeat a POST of which a part was
# written. Seen twice in some 5,000 requests and 70 restarts, two seconds apart.
RACE = re.compile(r"failed calling webhook .*(write: broken pipe|connection reset by peer|EOF)$")
RACES = 2


def test_ten_rolling_restarts_lose_no_request_but_to_the_known_race(warmgate, admin, kubectl, namespace, note):
    if not warmgate.host.through_service:
        pytest.skip(f"reached by URL: {warmgate.host.why_loopback}")
    # Fail, so that a call that did not come through is seen.
    warmgate.host.set_webhooks(failurePolicy="Fail")
    stream = Stream(kubectl, namespace)
    drains = []
    try:
        with concurrent.futures.ThreadPoolExecutor(STREAMS + 1) as pool:
            running = [pool.submit(stream.run, index) for index in range(STREAMS)]
            running.append(pool.submit(stream.run_dry, admin))
            try:
                for _ in range(RESTARTS):
                    drains.append(replace_server(warmgate))
            finally:
                stream.stop()
            for each in running:
                each.result()
    finally:
        warmgate.repair()
    slowest = max(seconds for _, seconds in drains)
    note(
        f"{RESTARTS} rolling restarts under kubectl apply and dry runs: {dict(stream.results)}, "
        f"{len(stream.surprises)} lost; the slowest drain took {slowest:.1f} s"
    )
    for each in stream.surprises:
        note(f"  lost: {each}")
    assert [code for code, _ in drains] == [0] * RESTARTS
    assert [each for each in stream.surprises if not RACE.search(each)] == []
    assert len(stream.surprises) <= RACES, stream.surprises
