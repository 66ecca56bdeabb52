"""One `kubectl apply` of a Deployment where policy makes the ModelCache, and who may make one himself."""
import json

import pytest

from harness.api import ApiError
from harness.caches import (
    gpu_deployment,
    made_jobs,
    make_ready,
    model_cache,
    wait_gated,
    wait_held,
    wait_running,
)
from harness.processes import wait_until

CREATE = {"modelCaches": {"missing": "create", "create": {"storageClassName": "standard-rwx", "size": "200Gi"}}}


@pytest.fixture
def creating(warmgate, controller, namespace):
    """A namespace for which policy makes ModelCaches."""
    before = warmgate.config_map()["policy.yaml"]
    warmgate.set_policy({"rules": {}, "namespaces": [{"names": [namespace], **CREATE}]})
    controller.reload()
    yield namespace
    warmgate.set_policy(before)
    controller.reload()


def test_one_apply_of_a_deployment_is_all_a_person_does(plane, controller, creating, admin, kubectl):
    document = gpu_deployment(creating, 2)
    wait_held(admin, document)
    kubectl.ok("--namespace", creating, "apply", "--filename", "-", text=json.dumps(document))
    held = wait_gated(admin, creating, 2)
    (cache,) = admin.wait_for_all("ModelCache", creating, lambda found: len(found) == 1, "the ModelCache is made")
    name = cache["metadata"]["name"]
    assert "warmgate.dev/created-for" in cache["metadata"]["annotations"]
    assert cache["spec"]["storage"] == {
        "create": {"storageClassName": "standard-rwx", "size": "200Gi", "accessModes": ["ReadWriteMany"]}
    }
    for pod in held:
        assert pod["metadata"]["annotations"]["warmgate.dev/waits-for"].startswith(f"{name}=")
    make_ready(admin, creating, name)
    workers = wait_running(admin, creating, 2, "vllm")
    claims = {
        each["persistentVolumeClaim"]["claimName"]
        for pod in workers
        for each in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in each
    }
    assert claims == {name}
    assert len(made_jobs(plane, creating)) == 1


def role(namespace, name, rules):
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": rules,
    }


def binding(namespace, name, user):
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }


CACHES = {"apiGroups": ["warmgate.dev"], "resources": ["modelcaches"], "verbs": ["create"]}
JOBS = {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}
CLAIMS = {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["create"]}
SECRET = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["hf-token"], "verbs": ["get"]}
TOKEN = {"tokenSecretRef": {"name": "hf-token", "key": "HF_TOKEN"}}


def test_a_tenant_makes_by_a_model_cache_nothing_that_he_may_not_make_himself(plane, controller, admin, namespace):
    tenant, _ = plane.user(f"tenant-{namespace}")
    granted = [CACHES]
    admin.create(role(namespace, "tenant", granted))
    admin.create(binding(namespace, "tenant", f"tenant-{namespace}"))
    document = model_cache(namespace, source=TOKEN)

    def answer():
        try:
            tenant.create(document, dryRun="All")
        except ApiError as error:
            return error.message
        return "admitted"

    for grant, missing in ((JOBS, "jobs"), (CLAIMS, "persistentvolumeclaims"), (SECRET, "hf-token")):
        wait_until(lambda missing=missing: missing in answer(), 20, f"refused for {missing}, at last: {answer()}")
        granted.append(grant)
        admin.replace(role(namespace, "tenant", granted))
    wait_until(lambda: answer() == "admitted", 20, f"admitted with all rights, at last: {answer()}")
