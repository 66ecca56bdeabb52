"""Warmgate is taken away as docs/operations.md says: no Pod is stranded, and nothing sticks."""
import json

from harness.caches import create_held, gpu_deployment, model_cache, running_download, wait_gated, wait_running
from harness.webhook_host import CONFIGURATIONS, NAME


def test_after_the_uninstallation_no_pod_is_stranded(plane, warmgate, controller, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    running_download(admin, namespace)
    create_held(admin, gpu_deployment(namespace, 2))
    wait_gated(admin, namespace, 2)

    for kind in CONFIGURATIONS:
        kubectl.ok("delete", kind.lower(), NAME)
    warmgate.wait_enforced(False)
    answer = plane.warmgate("gates", "release", "-A")
    assert answer.code == 0, answer.text
    wait_running(admin, namespace, 2, "vllm")

    kubectl.ok("delete", "modelcaches", "--all", "-A", "--wait=false")
    # One that has just gone is not found, which is no trouble.
    kubectl("annotate", "modelcaches", "--all", "-A", "warmgate.dev/force-delete=true")
    admin.wait_for_all("ModelCache", None, lambda caches: not caches, "every ModelCache is gone", 60)
    controller.terminate()
    assert controller.wait() == 0
    kubectl.ok("delete", "-k", warmgate.overlay("dev-certs/enforce"), "--ignore-not-found", "--timeout=100s")
    left = json.loads(kubectl.ok("get", "customresourcedefinitions", "-o", "json").out)["items"]
    assert not [each for each in left if each["spec"]["group"] == "warmgate.dev"]
    wait_running(admin, namespace, 2, "vllm")
