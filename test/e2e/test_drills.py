"""What happens when a part is away, slow or mistrusted, and that all is well again afterwards. These come last."""
import re
import signal

import pytest

from harness import golden, metrics
from harness.api import ApiError
from harness.objects import claim, deployment, violating_deployment
from harness.processes import wait_until

pytestmark = pytest.mark.usefixtures("before_drills")

FAIL_OPEN = "apiserver_admission_webhook_fail_open_count"
VALIDATE = "templates.validate.warmgate.dev"


@pytest.fixture(params=["Ignore", "Fail"])
def policy(request, warmgate):
    """Both failure policies, with a short timeout; afterwards the base's own."""
    warmgate.host.set_webhooks(failurePolicy=request.param, timeoutSeconds=1)
    yield request.param
    warmgate.repair()


def failures(plane):
    return metrics.total(plane.admin.text("/metrics")[1], FAIL_OPEN, name=VALIDATE)


def same_every_time(message):
    """Without what differs from run to run: addresses, ports, dates, and the order Go chose."""
    message = re.sub(r"\d+\.\d+\.\d+\.\d+:\d+", "ADDRESS", message)
    message = re.sub(r"certificate signed by unknown authority.*", "certificate signed by unknown authority", message)
    return message + "\n"


def assert_consequence(plane, warmgate, namespace, policy, name):
    """Ignore lets everything in, and says so in the audit log and in a counter; Fail lets nothing in, and says why."""
    wanted = {"Ignore": "admitted", "Fail": "failed"}[policy]
    wait_until(lambda: warmgate.consequence() == wanted, 30, "the API server has seen what the drill changed")
    counted = failures(plane)
    try:
        plane.admin.create(violating_deployment(namespace))
    except ApiError as error:
        assert policy == "Fail", error
        assert error.code == 500
        if warmgate.host.through_service:
            golden.check(f"drills/{name}.txt", same_every_time(error.message))
        with pytest.raises(ApiError, match="failed calling webhook"):
            plane.admin.create(deployment(namespace))
        return
    assert policy == "Ignore"
    assert failures(plane) > counted  # what controllers write counts too
    (event,) = plane.creations("deployments", namespace, "unpinned")
    annotations = event["annotations"]
    failed_open = [key for key in annotations if key.startswith("failed-open.validating.webhook.admission.k8s.io/")]
    assert [annotations[key] for key in failed_open] == [VALIDATE]


def test_warmgate_is_down(plane, warmgate, namespace, policy):
    for server in warmgate.host.servers:
        server.kill()
    assert_consequence(plane, warmgate, namespace, policy, "down")


def test_warmgate_has_no_endpoint(plane, warmgate, namespace, policy):
    if not warmgate.host.through_service:
        pytest.skip(f"reached by URL: {warmgate.host.why_loopback}")
    for server in warmgate.host.servers:
        server.kill()  # no open connection is left that would still be used
    warmgate.host.publish([])
    assert_consequence(plane, warmgate, namespace, policy, "no-endpoint")


def test_warmgate_is_slower_than_its_timeout(plane, warmgate, namespace, policy):
    for server in warmgate.host.servers:
        server.pause()
    assert_consequence(plane, warmgate, namespace, policy, "slow")


def test_the_ca_bundle_is_of_another_authority(plane, warmgate, namespace, policy):
    warmgate.host.point_configurations(ca_bundle=plane.ca_bundle())
    assert_consequence(plane, warmgate, namespace, policy, "wrong-ca")


def assert_facts_are_current(plane, warmgate, namespace):
    """Warmgate learns of a claim that is made now, and its verdict has no warning."""
    plane.admin.create(claim(namespace, "model-cache", "standard-rwx"))
    warmgate.wait_claim_known(namespace)
    assert plane.admin.create(deployment(namespace, "afterwards")).warnings == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_api_server_restarts(plane, warmgate, namespace, number):
    plane.stop_process("kube-apiserver", number)
    plane.start_apiserver()
    warmgate.wait_enforced()
    assert_facts_are_current(plane, warmgate, namespace)


def test_etcd_restarts(plane, warmgate, namespace):
    """Requests that need etcd fail meanwhile; afterwards everything is there and judged."""
    plane.admin.create(deployment(namespace))
    plane.stop_process("etcd", signal.SIGKILL)
    plane.start_etcd()
    wait_until(lambda: plane.admin.healthy("/readyz"), 60, "the API server is ready again")
    warmgate.wait_enforced()
    assert plane.admin.get("Deployment", namespace, "qwen3-32b-vllm")["metadata"]["name"] == "qwen3-32b-vllm"
    assert_facts_are_current(plane, warmgate, namespace)
