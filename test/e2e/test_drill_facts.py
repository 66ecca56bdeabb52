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


def test_stale_facts_are_said_and_are_right_again_afterwards(warmgate, admin, namespace):
    """Warmgate cannot reach the API server, and for so long; the other way all is well."""
    admin.create(claim(namespace, "model-cache", "standard-rwx"))
    warmgate.wait_claim_known(namespace)
    server = warmgate.host.servers[0]
    warmgate.host.relay.block()
    try:
        wait_until(lambda: max(warmgate.facts_ages()) > STALE_SECONDS + 1, STALE_SECONDS + 30, "facts are stale")
        unchecked = metrics.total(server.get("/metrics"), "warmgate_unchecked_total", reason="stale_facts")
        reply = admin.create(deployment(namespace), dryRun="All")
        text = "".join(text + "\n" for text in reply.warnings)
        golden.check("drills/stale-facts.txt", same_age(text))
        after = metrics.total(server.get("/metrics"), "warmgate_unchecked_total", reason="stale_facts")
        assert after == unchecked + 1
        # What is violated without a look at the cluster is refused as ever.
        assert warmgate.denies()
        admin.delete("PersistentVolumeClaim", namespace, "model-cache")
    finally:
        warmgate.host.relay.unblock()

    def warnings():
        return admin.create(deployment(namespace), dryRun="All").warnings

    # A pause of the client between two tries is up to 20 s by then (backoff.h).
    wait_until(lambda: any(text.startswith("WG306") for text in warnings()), 40, "Warmgate knows the claim is gone")
    wait_until(lambda: max(warmgate.facts_ages()) < STALE_SECONDS, 40, "every fact is current again")
    assert not any("not confirmed" in text for text in warnings())
