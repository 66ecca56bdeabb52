"""What Warmgate knows of the cluster when it cannot reach the API server, and with a new token."""
import re

import pytest

from harness import golden, metrics
from harness.api import ApiError
from harness.objects import assert_injected, claim, deployment, gpu_pod, model_cache
from harness.processes import wait_until

pytestmark = pytest.mark.usefixtures("before_drills")

STALE_SECONDS = 60  # LiveFactsOptions::max_age


def test_a_rotated_token_is_taken_up_from_its_file(warmgate, plane, admin, namespace):
    """The old one is worth nothing, every connection ends, and the facts are current all the same."""
    old = warmgate.host.rotate_token()
    stranger = plane.api_by_token(old)

    def refused():
        try:
            stranger.list("Namespace")
        except ApiError as error:
            return error.code == 401
        return False

    # The API server remembers a good token for ten seconds.
    wait_until(refused, 30, "the old token is refused")
    warmgate.host.relay.cut()
    admin.create(claim(namespace, "model-cache", "standard-rwx"))
    warmgate.wait_claim_known(namespace)
    admin.create(model_cache(namespace))

    def stored():
        try:
            return admin.create(gpu_pod(namespace)).body
        except ApiError as error:
            assert "denied the request" in error.message
            return None

    assert_injected(wait_until(stored, 30, "Warmgate knows the ModelCache"))


def same_age(text):
    """Without the seconds and the types, which differ from run to run: each type has its own age."""
    return re.sub(r": [a-z, ]+ \(not confirmed for \d+ s\)", ": TYPES (not confirmed for N s)", text)


def cut(relay, how):
    """The API server cannot be reached from Warmgate, or its answers stay away; the other way all is well."""
    (relay.block if how == "refused" else relay.freeze)()


def restore(relay):
    relay.unblock()
    relay.thaw()


class World:
    """What exists in three namespaces, and what happens there while nobody tells Warmgate."""

    def __init__(self, warmgate, admin, how):
        self._admin = admin
        # A claim that goes, a model that comes, and a Deployment that runs all the time.
        names = (f"{name}-{how}" for name in ("gone", "come", "runs"))
        self.gone, self.come, self.running = map(admin.make_namespace, names)
        for namespace in (self.gone, self.running):
            admin.create(claim(namespace, "model-cache", "standard-rwx"))
            warmgate.wait_claim_known(namespace)
        admin.create(deployment(self.running))
        self.pod()

    def happen(self):
        self._admin.delete("PersistentVolumeClaim", self.gone, "model-cache")
        self._admin.create(claim(self.come, "model-cache", "standard-rwx"))
        # Warmgate asks the API server about whoever writes a ModelCache, which it cannot now, and lets nobody pass then.
        with pytest.raises(ApiError, match="objects.validate.warmgate.dev"):
            self._admin.create(model_cache(self.come))
        self._exempt("disabled")
        wait_until(self._created, 30, "the API server knows of the label")
        self._exempt(None)

    def _exempt(self, value):
        self._admin.patch("Namespace", None, self.come, {"metadata": {"labels": {"warmgate.dev/webhook": value}}})

    def _created(self):
        try:
            return self._admin.create(model_cache(self.come))
        except ApiError:
            return None

    def pod(self, other_than=None):
        """The Pod of the Deployment, once it runs."""

        def living(pods):
            found = [each for each in pods if each["status"].get("phase") == "Running"]
            return [each for each in found if each["metadata"]["uid"] != other_than]

        return living(self._admin.wait_for_all("Pod", self.running, living, "the Pod of the Deployment runs"))[0]

    def remove(self):
        for namespace in (self.gone, self.come, self.running):
            self._admin.delete("Namespace", None, namespace)


@pytest.fixture(scope="class", params=["refused", "silent"])
def cut_off(warmgate, plane, admin, request):
    """Warmgate hears nothing for so long that its facts are stale. The world changes meanwhile, and the API server
    restarts: it has no history any more from which the watches could go on (410 Gone)."""
    relay, policy = warmgate.host.relay, warmgate.config_map()["policy.yaml"]
    world = World(warmgate, admin, request.param)
    cut(relay, request.param)
    try:
        world.happen()
        plane.stop_process("kube-apiserver")
        plane.start_apiserver()
        warmgate.wait_enforced()
        # A connection that says nothing is given up after 90 s without a bookmark, one that never had any twice that.
        wait_until(lambda: max(warmgate.facts_ages()) > STALE_SECONDS + 1, STALE_SECONDS + 240, "facts are stale")
        yield world
    finally:
        restore(relay)
        warmgate.set_policy(policy)
        wait_until(lambda: max(warmgate.facts_ages()) < STALE_SECONDS, 120, "every fact is current again")
        world.remove()


@pytest.fixture
def unchecked(warmgate):
    """How many verdicts lacked facts."""
    server = warmgate.host.servers[0]
    return lambda: metrics.total(server.get("/metrics"), "warmgate_unchecked_total", reason="stale_facts")


class TestCutOff:
    """In this order: the last one brings the API server back."""

    def test_a_verdict_says_that_the_facts_are_stale(self, cut_off, warmgate, admin, unchecked):
        before = unchecked()
        reply = admin.create(deployment(cut_off.gone), dryRun="All")
        golden.check("drills/stale-facts.txt", same_age("".join(text + "\n" for text in reply.warnings)))
        assert unchecked() == before + 1
        # What is violated without a look at the cluster is refused as ever.
        assert warmgate.denies()

    def test_a_policy_that_denies_refuses_what_it_has_no_facts_for(self, cut_off, warmgate, admin, unchecked):
        warmgate.set_policy({"staleFacts": "deny"})
        before = unchecked()
        with pytest.raises(ApiError) as refused:
            admin.create(deployment(cut_off.gone), dryRun="All")
        golden.check("drills/stale-facts-deny.txt", same_age(refused.value.message) + "\n")
        assert unchecked() == before + 1

    def test_a_policy_that_denies_does_not_hold_back_the_pods_of_what_runs(self, cut_off, warmgate, admin):
        warmgate.set_policy({"staleFacts": "deny"})
        before = cut_off.pod()["metadata"]
        admin.delete("Pod", cut_off.running, before["name"])
        assert cut_off.pod(other_than=before["uid"])["metadata"]["name"] != before["name"]

    def test_a_policy_that_ignores_says_nothing(self, cut_off, warmgate, admin, unchecked):
        warmgate.set_policy({"staleFacts": "ignore"})
        before = unchecked()
        assert admin.create(deployment(cut_off.gone), dryRun="All").warnings == []
        assert unchecked() == before
        assert warmgate.denies()

    def test_what_happened_meanwhile_is_known_afterwards(self, cut_off, warmgate, admin):
        warmgate.set_policy({"staleFacts": "warn"})
        with pytest.raises(ApiError, match="WG205"):
            admin.create(gpu_pod(cut_off.come), dryRun="All")
        restore(warmgate.host.relay)

        def warnings():
            return admin.create(deployment(cut_off.gone), dryRun="All").warnings

        # A pause of the client between two tries is up to 20 s by then (backoff.h), and a call that nobody answers
        # ends after 30 s.
        wait_until(lambda: any(text.startswith("WG306") for text in warnings()), 90, "Warmgate knows the claim is gone")

        def stored():
            try:
                return admin.create(gpu_pod(cut_off.come)).body
            except ApiError as error:
                assert "denied the request" in error.message
                return None

        assert_injected(wait_until(stored, 90, "Warmgate knows the ModelCache"))
        wait_until(lambda: max(warmgate.facts_ages()) < STALE_SECONDS, 90, "every fact is current again")
        assert not any("not confirmed" in text for text in warnings())
