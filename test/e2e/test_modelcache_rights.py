"""What the controller's account may do: RBAC says which verbs, the ValidatingAdmissionPolicies on which objects."""
import copy

import pytest

from harness.api import ApiError
from harness.caches import GATE, model_cache
from harness.controller_host import ACCOUNT, NAMESPACE
from harness.objects import claim, download_job, plain_pod
from harness.processes import wait_until

MANAGED = {"app.kubernetes.io/managed-by": "warmgate"}
OTHER_GATE = {"name": "example.com/quota"}

RIGHTS = [
    *((verb, "modelcaches.warmgate.dev", True) for verb in ("list", "watch", "create", "patch", "delete")),
    ("update", "modelcaches.warmgate.dev", False),
    ("patch", "modelcaches.warmgate.dev/status", True),
    *((verb, "persistentvolumeclaims", True) for verb in ("list", "watch", "create", "delete")),
    ("patch", "persistentvolumeclaims", False),
    *((verb, "jobs.batch", True) for verb in ("list", "watch", "create", "patch", "delete")),
    *((verb, "pods", True) for verb in ("list", "watch", "patch")),
    *((verb, "pods", False) for verb in ("create", "delete", "update")),
    ("get", "pods/log", True),
    *((verb, f"pods/{sub}", False) for verb, sub in (("create", "exec"), ("create", "binding"), ("patch", "status"))),
    *((verb, resource, True) for verb in ("list", "watch") for resource in (
        "persistentvolumes", "nodes", "storageclasses.storage.k8s.io",
    )),
    ("create", "events", True),
    *((verb, "secrets", False) for verb in ("get", "list", "create")),
    ("get", "configmaps", False),
    ("create", "serviceaccounts/token", False),
    ("list", "leases.coordination.k8s.io", False),
    ("patch", "leases.coordination.k8s.io", False),
    ("*", "*", False),
]


@pytest.fixture(scope="module")
def account(warmgate, plane):
    return plane.account(NAMESPACE, ACCOUNT)


@pytest.fixture(scope="module")
def api(account):
    return account[0]


@pytest.mark.parametrize("verb, resource, allowed", RIGHTS, ids=lambda value: str(value))
def test_the_account_of_the_controller_may_do_what_it_needs_and_no_more(account, verb, resource, allowed):
    resource, _, subresource = resource.partition("/")
    more = ("--subresource", subresource) if subresource else ()
    answer = account[1]("auth", "can-i", verb, resource, *more, "--all-namespaces")
    assert answer.out == ("yes\n" if allowed else "no\n"), answer.text


def test_the_lease_is_its_own_and_no_other(account):
    for name, answer in (("warmgate-controller", "yes\n"), ("kube-scheduler", "no\n")):
        asked = account[1]("auth", "can-i", "patch", f"leases.coordination.k8s.io/{name}", "--namespace", NAMESPACE)
        assert asked.out == answer, asked.text


def refusal(api, action):
    """What the API server says to the controller's account."""
    with pytest.raises(ApiError) as refused:
        action(api)
    assert "The account of Warmgate's controller may" in refused.value.message, refused.value.message
    return refused.value.message


@pytest.fixture(scope="module")
def limited(api, admin):
    """A namespace in which the policies count already: a new one is learnt of by watch."""
    name = admin.make_namespace("limited")
    admin.create(plain_pod(name, "probe"))

    def counts():
        try:
            api.patch("Pod", name, "probe", {"metadata": {"labels": {"a": "b"}}}, dryRun="All")
        except ApiError:
            return True
        return False

    wait_until(counts, 30, "the ValidatingAdmissionPolicies count")
    yield name
    admin.delete("Namespace", None, name)


def gated_pod(namespace, name):
    pod = plain_pod(namespace, name)
    pod["metadata"] |= {"labels": {"app": name}, "annotations": {"warmgate.dev/waits-for": "qwen=a/b@c"}}
    pod["spec"]["schedulingGates"] = [OTHER_GATE, GATE]
    pod["spec"]["tolerations"] = [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]
    return pod


def without_our_gate(more=()):
    return [
        {"op": "test", "path": "/spec/schedulingGates/1/name", "value": GATE["name"]},
        {"op": "remove", "path": "/spec/schedulingGates/1"},
        *more,
    ]


def test_it_removes_its_own_scheduling_gate(api, admin, limited):
    admin.create(gated_pod(limited, "released"))
    api.patch("Pod", limited, "released", without_our_gate())
    assert admin.get("Pod", limited, "released")["spec"]["schedulingGates"] == [OTHER_GATE]


ADDED = {
    "image": {"op": "replace", "path": "/spec/containers/0/image", "value": "evil:1"},
    "toleration": {"op": "add", "path": "/spec/tolerations/-", "value": {"key": "gpu", "operator": "Exists"}},
    "deadline": {"op": "add", "path": "/spec/activeDeadlineSeconds", "value": 1},
    "node selector": {"op": "add", "path": "/spec/nodeSelector", "value": {"disk": "ssd"}},
    "affinity": {
        "op": "add",
        "path": "/spec/affinity",
        "value": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]
                }
            }
        },
    },
    "label": {"op": "add", "path": "/metadata/labels/app", "value": "another"},
    "new label": {"op": "add", "path": "/metadata/labels/new", "value": "label"},
    "no label": {"op": "remove", "path": "/metadata/labels"},
    "annotation": {"op": "replace", "path": "/metadata/annotations/warmgate.dev~1waits-for", "value": "x=a/b@c"},
    "no annotation": {"op": "remove", "path": "/metadata/annotations"},
    "finalizer": {"op": "add", "path": "/metadata/finalizers", "value": ["example.com/keep"]},
    "owner": {
        "op": "add",
        "path": "/metadata/ownerReferences",
        "value": [{"apiVersion": "v1", "kind": "Pod", "name": "other", "uid": "1"}],
    },
    "other gate": {"op": "remove", "path": "/spec/schedulingGates/0"},
}


@pytest.mark.parametrize("what", ADDED)
def test_it_changes_nothing_else_of_a_pod_with_or_without_the_gate(api, admin, limited, what):
    """The API server would take each of these from an administrator."""
    name = "pod-" + what.replace(" ", "-")
    admin.create(gated_pod(limited, name))
    for patch in (without_our_gate([ADDED[what]]), [ADDED[what]]):
        admin.patch("Pod", limited, name, patch, dryRun="All")
        refusal(api, lambda api: api.patch("Pod", limited, name, patch))


def test_it_touches_no_gate_of_others_even_alone(api, admin, limited):
    pod = plain_pod(limited, "others")
    pod["spec"]["schedulingGates"] = [OTHER_GATE]
    admin.create(pod)
    refusal(api, lambda api: api.patch("Pod", limited, "others", [{"op": "remove", "path": "/spec/schedulingGates"}]))


def test_it_sets_its_finalizer_and_writes_status_but_not_what_people_ask_for(api, admin, limited):
    admin.create(model_cache(limited, "mine"))
    where = ("ModelCache", limited, "mine")
    api.patch(*where, {"metadata": {"finalizers": ["warmgate.dev/model-cache"]}})
    api.patch(*where, {"status": {"phase": "Pending"}}, subresource="status")
    refusal(api, lambda api: api.patch(*where, {"spec": {"suspend": True}}))
    refusal(api, lambda api: api.patch(*where, {"metadata": {"annotations": {"warmgate.dev/retry": "1"}}}))
    refusal(api, lambda api: api.patch(*where, {"metadata": {"finalizers": ["a.example.com/b"]}}))
    api.patch(*where, {"metadata": {"finalizers": None}})


def test_it_makes_only_the_model_caches_that_policy_makes_for_pods(api, limited):
    document = model_cache(limited, "for-pods")
    refusal(api, lambda api: api.create(document, dryRun="All"))
    document["metadata"]["annotations"] = {"warmgate.dev/created-for": "vllm-0"}
    api.create(document, dryRun="All")


def test_it_makes_and_deletes_only_claims_of_its_own(api, admin, limited):
    theirs, own = claim(limited, "theirs", "standard-rwx"), claim(limited, "own", "standard-rwx")
    refusal(api, lambda api: api.create(theirs, dryRun="All"))
    admin.create(theirs)
    refusal(api, lambda api: api.delete("PersistentVolumeClaim", limited, "theirs"))
    own["metadata"]["labels"] = MANAGED
    api.create(own)
    api.delete("PersistentVolumeClaim", limited, "own")


def own_job(namespace, name):
    document = download_job(namespace, name)
    document["metadata"]["labels"] = MANAGED
    document["spec"]["template"]["spec"]["automountServiceAccountToken"] = False
    return document


def test_it_makes_and_deletes_only_jobs_of_its_own(api, admin, limited):
    theirs = own_job(limited, "theirs")
    del theirs["metadata"]["labels"]
    refusal(api, lambda api: api.create(theirs, dryRun="All"))
    admin.create(theirs)
    refusal(api, lambda api: api.delete("Job", limited, "theirs", propagationPolicy="Background"))
    api.create(own_job(limited, "own"))
    api.patch("Job", limited, "own", {"spec": {"ttlSecondsAfterFinished": 60}})
    api.delete("Job", limited, "own", propagationPolicy="Background")


MORE_POWER = {
    "token": {"automountServiceAccountToken": True},
    "account": {"serviceAccountName": "admin"},
    "host network": {"hostNetwork": True},
    "host processes": {"hostPID": True},
    "host path": {"volumes": [{"name": "root", "hostPath": {"path": "/"}}]},
}


@pytest.mark.parametrize("what", MORE_POWER)
def test_its_jobs_have_neither_rights_nor_the_node(api, admin, limited, what):
    document = copy.deepcopy(own_job(limited, "strong"))
    document["spec"]["template"]["spec"] |= MORE_POWER[what]
    admin.create(document, dryRun="All")
    refusal(api, lambda api: api.create(document, dryRun="All"))
