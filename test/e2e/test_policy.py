"""The policy in its ConfigMap: edited under load, broken, and with waivers."""
import json

import pytest

from harness import golden
from harness.objects import deployment, violating_deployment, without_cache
from harness.processes import wait_until
from harness.stream import Questions
from harness.warmgate import CERTIFICATE_RELOADS

EDITS = 10
WAIVE = "warmgate.dev/waive"


@pytest.fixture(autouse=True)
def overlay_policy(warmgate, admin):
    """Afterwards the policy is the overlay's again."""
    before = warmgate.config_map()["policy.yaml"]
    yield
    warmgate.set_policy(before)


def test_a_stream_of_requests_is_answered_by_the_old_or_the_new_policy(warmgate, admin, note):
    questions = Questions(admin)
    with questions.running():
        for edit in range(EDITS):
            warmgate.set_policy({"rules": {"WG101": "warn" if edit % 2 == 0 else "deny"}})
            # Whatever was on its way has been answered; from now on the new policy counts.
            questions.wait_for("warned" if edit % 2 == 0 else "denied")
    note(f"{EDITS} edits of the policy under load: {dict(questions.answers)}")
    assert set(questions.answers) == {"denied", "warned"}, questions.answers


def test_sighup_reads_everything_at_once_and_loses_no_request(warmgate, admin, note):
    """Under load, again and again, though nothing has changed."""
    server = warmgate.host.servers[0]
    questions = Questions(admin)

    def reloads():
        return warmgate.reloads(), warmgate.reloads(metric=CERTIFICATE_RELOADS)

    with questions.running():
        for _ in range(EDITS):
            before = reloads()
            server.reload()
            wait_until(lambda: all(new > old for new, old in zip(reloads(), before)), 30, "both are read anew")
            questions.wait_for("denied")
    note(f"{EDITS} times SIGHUP under load: {dict(questions.answers)}")
    assert set(questions.answers) == {"denied"}, questions.answers
    assert "\nwarmgate_config_last_reload_successful 1\n" in server.get("/metrics")


@pytest.mark.parametrize(
    "broken, words",
    [
        ("spec: [\n", "policy.yaml"),
        ('{"apiVersion": "warmgate.dev/v1alpha1", "kind": "CachePolicy", "metadata": {"name": "a"}, '
         '"spec": {"rules": {"WG101": "refuse"}}}', "/spec/rules/WG101 is no action"),
    ],
    ids=["no-yaml", "no-such-action"],
)
def test_a_broken_policy_changes_nothing_and_is_said(warmgate, broken, words):
    server = warmgate.host.servers[0]
    warmgate.set_policy({"rules": {"WG101": "warn"}})
    warmgate.set_policy(broken, result="failure")
    assert warmgate.consequence() == "warned"
    text = server.get("/metrics")
    assert "\nwarmgate_config_last_reload_successful 0\n" in text
    said = server.log_entries("configuration not reloaded: the last good one stays in use")[-1]
    assert said["level"] == "error"
    assert words in said["error"]
    warmgate.set_policy({"rules": {"WG101": "deny"}})
    assert warmgate.consequence() == "denied"
    assert "\nwarmgate_config_last_reload_successful 1\n" in server.get("/metrics")


def waiving(namespace=None):
    document = without_cache(deployment(namespace))
    document["metadata"]["annotations"] = {WAIVE: "WG101=this node pool is thrown away tonight; WG205=as WG101"}
    return document


def test_a_waiver_that_the_policy_does_not_allow_is_refused_and_said(warmgate, kubectl, namespace):
    answer = kubectl("--namespace", namespace, "create", "-f", "-", text=json.dumps(waiving()))
    assert answer.code == 1
    golden.check("policy/waiver-not-allowed.txt", answer.text.replace(namespace, "NAMESPACE"))


def test_a_waiver_that_the_policy_allows_makes_a_warning_of_a_refusal(warmgate, plane, kubectl, namespace):
    warmgate.set_policy({"waivers": {"allowed": ["WG101", "WG205"]}})
    answer = kubectl("--namespace", namespace, "create", "-f", "-", text=json.dumps(waiving()))
    assert answer.code == 0, answer.text
    golden.check("policy/waiver.txt", answer.text)
    (event,) = plane.creations("deployments", namespace)
    found = {key: text for key, text in event["annotations"].items() if "validate.warmgate.dev/" in key}
    golden.check("policy/waiver-audit.txt", "".join(f"{key}: {text}\n" for key, text in sorted(found.items())))


def test_a_namespace_of_the_policy_has_its_own_actions(warmgate, admin, namespace):
    warmgate.set_policy({"namespaces": [{"names": [namespace], "rules": {"WG101": "warn"}}]})
    reply = admin.create(violating_deployment(namespace), dryRun="All")
    assert [text for text in reply.warnings if text.startswith("WG101 ")]
    assert warmgate.consequence() == "denied"  # in another namespace
