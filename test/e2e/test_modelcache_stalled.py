"""A download that hangs, told after ten minutes: the controller's wall clock is moved."""
import pytest

from harness.caches import condition, model_cache, reasons, running_download, succeed, wait_ready, wait_reason

TEN_MINUTES = 600


@pytest.fixture
def timed(controllers, first_controller):
    """A controller that leads, and its clock."""
    if first_controller.running():
        first_controller.terminate()
        first_controller.wait()
    clock = controllers.wall_clock()
    controller = controllers.add("timed", clock.environment)
    controller.start()
    controllers.wait_leads(controller)
    yield clock
    controller.terminate()
    controller.wait()


def progress(bytes_done):
    return f'{{"progress":{{"bytes":{bytes_done},"total":65527000000,"files":4}}}}'


def test_a_download_whose_bytes_do_not_grow_is_stalled_until_they_do(plane, timed, admin, kubectl, namespace):
    admin.create(model_cache(namespace))
    pod = running_download(admin, namespace)
    plane.write_log(pod, [progress(1_000_000_000)])

    def told(cache):
        return cache.get("status", {}).get("bytes", {}).get("done") == 1_000_000_000

    admin.wait_for("ModelCache", namespace, "qwen", told, "the progress is in the status", 40)
    timed.ahead(TEN_MINUTES + 60)
    cache = wait_reason(admin, namespace, "DownloadStalled", seconds=40)
    assert cache["status"]["phase"] == "Downloading"
    assert condition(cache)["status"] == "False"
    assert "DownloadStalled" in kubectl.ok("--namespace", namespace, "describe", "modelcache", "qwen").out

    plane.write_log(pod, [progress(2_000_000_000)])
    admin.wait_for(
        "ModelCache",
        namespace,
        "qwen",
        lambda cache: "DownloadStalled" not in reasons(cache),
        "the download is no longer stalled",
        40,
    )
    succeed(admin, pod)
    wait_ready(admin, namespace)
