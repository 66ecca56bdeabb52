"""deploy/webhook applied to a cluster, as an administrator does it."""
import json

import pytest

from harness import golden
from harness.objects import pinned_pod, plain_pod
from harness.warmgate import OVERLAYS
from harness.webhook_host import ACCOUNT, CONFIGURATIONS, NAME, NAMESPACE


def rendered(warmgate, kubectl, overlay):
    """The objects of an overlay, as kustomize renders them."""
    text = kubectl.ok("kustomize", warmgate.overlay(overlay)).out
    return kubectl.documents("create", "--dry-run=client", "--filename", "-", text=text)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_has_what_an_installation_needs(warmgate, kubectl, overlay):
    own_certificate = ["Secret"] if overlay.startswith("dev-certs/") else []
    found = rendered(warmgate, kubectl, overlay)
    assert sorted({document["kind"] for document in found}) == [
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CustomResourceDefinition",
        "Deployment",
        "MutatingWebhookConfiguration",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
        *own_certificate,
        "Service",
        "ServiceAccount",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ]
    entries = [each for document in found if document["kind"] in CONFIGURATIONS for each in document["webhooks"]]
    assert len(entries) == 11
    assert all(bool(each["clientConfig"].get("caBundle")) == bool(own_certificate) for each in entries)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_server_takes_each_object_of_an_overlay_under_strict_validation(warmgate, kubectl, overlay):
    if not warmgate.host.through_service:
        pytest.skip(f"the configurations were changed: {warmgate.host.why_loopback}")
    answer = kubectl.ok("apply", "-k", warmgate.overlay(overlay), "--dry-run=server", "--validate=strict")
    assert answer.err == ""
    assert len(answer.out.splitlines()) == len(rendered(warmgate, kubectl, overlay))


def test_under_the_audit_overlay_nothing_is_denied_and_everything_is_said(warmgate):
    assert warmgate.under_audit.code == 0
    golden.check("install/audit.txt", warmgate.under_audit.text)


RIGHTS = [
    *((verb, resource, True) for verb in ("list", "watch") for resource in (
        "pods", "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io",
        "horizontalpodautoscalers.autoscaling", "modelcaches.warmgate.dev",
    )),
    ("get", "deployments.apps", True),
    ("create", "subjectaccessreviews.authorization.k8s.io", True),
    ("list", "leases.coordination.k8s.io", False),  # only that of the controller
    ("update", "leases.coordination.k8s.io", False),
    ("list", "deployments.apps", False),
    ("list", "namespaces", False),
    ("get", "pods", False),
    ("get", "secrets", False),
    ("list", "secrets", False),
    ("list", "configmaps", False),
    ("create", "pods", False),
    ("delete", "pods", False),
    ("patch", "persistentvolumeclaims", False),
    ("update", "modelcaches.warmgate.dev", False),
    ("create", "serviceaccounts/token", False),
    ("update", "validatingwebhookconfigurations.admissionregistration.k8s.io", False),
    ("*", "*", False),
]


@pytest.fixture(scope="module")
def account(warmgate, plane):
    return plane.account(NAMESPACE, ACCOUNT)[1]


@pytest.mark.parametrize("verb, resource, allowed", RIGHTS, ids=lambda value: str(value))
def test_the_account_of_the_webhook_may_do_what_the_server_needs_and_no_more(account, verb, resource, allowed):
    """The servers of this suite run with it, so what they need is there."""
    answer = account("auth", "can-i", verb, resource, "--all-namespaces")
    assert answer.out == ("yes\n" if allowed else "no\n"), answer.text


def test_the_pods_of_the_overlay_pass_the_restricted_pod_security_standard(admin):
    """The namespace enforces it; a Pod that broke it would not have been created."""
    pods = admin.wait_for_all("Pod", NAMESPACE, lambda pods: len(pods) == 4, "both Pods of both Deployments are there")
    assert {pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in pods} == {NAME}


def test_the_api_server_reaches_warmgate_by_the_certificate_of_its_service(warmgate, kubectl):
    """caBundle, SAN and Service; the addresses are those of the network namespace."""
    if not warmgate.host.through_service:
        pytest.skip(f"reached by URL: {warmgate.host.why_loopback}")
    before = warmgate.host.requests()
    assert warmgate.denies()
    assert warmgate.host.requests() > before
    configuration = json.loads(kubectl.ok("get", "validatingwebhookconfiguration", NAME, "-o", "json").out)
    client = configuration["webhooks"][0]["clientConfig"]
    assert (client["service"]["namespace"], client["service"]["name"]) == (NAMESPACE, NAME)
    assert "url" not in client


def test_pods_of_the_exempt_namespaces_never_reach_warmgate(warmgate, admin):
    pod = pinned_pod()
    before = warmgate.host.requests()
    admin.create(pod, namespace="kube-system", dryRun="All")
    assert warmgate.host.requests() == before
    admin.create(pod, namespace="default", dryRun="All")
    assert warmgate.host.requests() == before + 2  # /mutate and /validate


def test_a_plain_pod_never_reaches_warmgate(warmgate, admin, namespace):
    before = warmgate.host.requests()
    admin.create(plain_pod(namespace))
    assert warmgate.host.requests() == before
