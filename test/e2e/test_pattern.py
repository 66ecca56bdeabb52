"""The pattern's own manifests, applied as they are, with the texts that kubectl shows."""
from harness import golden
from harness.objects import PATTERN


def test_the_pattern_is_accepted_as_it_is(warmgate, kubectl, namespace):
    for file in ("pvc.yaml", "job.yaml", "deployment.yaml"):
        answer = kubectl("--namespace", namespace, "apply", "--filename", PATTERN / file)
        assert answer.code == 0
        golden.check(f"pattern/{file.removesuffix('.yaml')}.txt", answer.text)
        warmgate.wait_claim_known(namespace)


def test_the_pattern_is_scheduled_and_runs_on_its_claim(warmgate, kubectl, admin, namespace):
    for file in ("pvc.yaml", "job.yaml", "deployment.yaml"):
        kubectl.ok("--namespace", namespace, "apply", "--filename", PATTERN / file)
    kubectl.ok("--namespace", namespace, "rollout", "status", "deployment/qwen3-32b-vllm", "--timeout=60s")

    def all_running(pods):
        return len(pods) == 2 and all(pod["status"].get("phase") == "Running" for pod in pods)

    pods = admin.wait_for_all("Pod", namespace, all_running, "worker and downloader run")
    assert {pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] for pod in pods} == {"model-cache"}
    assert admin.get("PersistentVolumeClaim", namespace, "model-cache")["status"]["phase"] == "Bound"
