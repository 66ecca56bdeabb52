"""One control plane and one installed Warmgate for the whole session; the drills, which break things, come last."""
import itertools
import os
import pathlib
import shutil
import signal
import tempfile
import time

import pytest

from harness import metrics, tools
from harness.control_plane import ControlPlane
from harness.controller_host import ControllerHost
from harness.fixtures import CACHED, Facts, failing_fixtures, namespace_of
from harness.nodes import add_nodes, node
from harness.processes import PROXY_VARIABLES
from harness.reaper import Reaper
from harness.storage import Provisioner
from harness.warmgate import Warmgate

# Every process of this suite inherits its environment from here; a proxy of the machine must not come in between.
for variable in [name for name in os.environ if name.lower() in PROXY_VARIABLES]:
    del os.environ[variable]

TEST_SECONDS = 300
ZONES = ("zone-a", "zone-b")
LOGS = tools.REPOSITORY / "build" / "e2e" / "logs"

HOW_TO_ENABLE = (
    "run scripts/e2e, which builds them once into build/e2e/bin, or point KUBEBUILDER_ASSETS at a folder that has them"
)

notes = []  # what the summary says
session_folder = None


def pytest_collection_modifyitems(items):
    """First the control plane alone, while Warmgate is not there; then the webhook without a controller, what breaks it,
    the controller, and the end of both."""
    order = ("test_control_plane", "test_drill", "test_modelcache", "test_uninstall")

    def place(item):
        found = [index for index, prefix in enumerate(order) if item.path.name.startswith(prefix)]
        return found[0] if found else 0.5

    items.sort(key=place)


def pytest_runtest_protocol(item):
    """No test hangs for ever: it gets a TimeoutError wherever it is."""

    def late(_signal, _frame):
        raise TimeoutError(f"{item.name} takes longer than {TEST_SECONDS} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(TEST_SECONDS)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish():
    signal.alarm(0)


def pytest_terminal_summary(terminalreporter):
    if notes:
        terminalreporter.section("Warmgate")
        for note in notes:
            terminalreporter.write_line(note)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed and session_folder:
        for log in sorted(session_folder.rglob("*log")):
            if log.name.startswith(("serve-", "controller-")):
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
                cut = "\n".join(line[:400] for line in lines)
                report.sections.append((f"the end of {log.name}", cut))
        report.sections.append(("all logs", f"will be in {LOGS}"))


def pytest_sessionstart():
    missing = tools.missing() + ([] if os.access(tools.warmgate(), os.X_OK) else ["warmgate"])
    if not missing:
        return
    message = f"END-TO-END TESTS SKIPPED: no {', '.join(missing)}: {HOW_TO_ENABLE}"
    pytest.exit(message, returncode=1 if os.environ.get("CI") else 0)


@pytest.fixture(scope="session")
def workspace(request):
    """The folder of this run and the reaper that removes everything should the run be killed."""
    global session_folder
    reaper = Reaper()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="warmgate-e2e-"))
    reaper.add("folder", str(folder))
    session_folder = folder
    yield folder, reaper
    shutil.rmtree(LOGS, ignore_errors=True)
    if request.session.testsfailed:
        keep_logs(folder)
    shutil.rmtree(folder)
    reaper.done("folder", str(folder))
    reaper.close()


def keep_logs(folder):
    for log in folder.rglob("*log"):
        if log.is_file():
            LOGS.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, LOGS / str(log.relative_to(folder)).replace("/", "-"))
    notes.append(f"The logs are in {LOGS}")


@pytest.fixture(scope="session")
def plane(workspace):
    folder, reaper = workspace
    start = time.monotonic()
    control_plane = ControlPlane(folder, reaper)
    provisioner = Provisioner(control_plane.admin)
    try:
        control_plane.start()
        pools = [node(f"cpu-{index}", zone) for index, zone in enumerate(ZONES)]
        pools += [node(f"gpu-{index}", ZONES[index % len(ZONES)], gpus=4) for index in range(8)]
        add_nodes(control_plane.admin, pools)
        provisioner.start()
        notes.append(f"The control plane was ready after {time.monotonic() - start:.1f} s")
        yield control_plane
    finally:
        provisioner.stop()
        control_plane.stop()


@pytest.fixture(scope="session")
def admin(plane):
    return plane.admin


@pytest.fixture(scope="session")
def kubectl(plane):
    return plane.kubectl


numbers = itertools.count(1)


@pytest.fixture
def namespace(admin):
    """A namespace of the test's own; its GPUs are free again afterwards."""
    name = admin.make_namespace(f"test-{next(numbers)}")
    yield name
    admin.delete("Namespace", None, name)


@pytest.fixture(scope="session")
def warmgate(plane, workspace):
    """Warmgate as deploy/webhook/README.md installs it: the audit overlay, then enforce; its server beside the cluster
    with the rights and the token of its ServiceAccount, asked by the API server."""
    folder, reaper = workspace
    start = time.monotonic()
    installed = Warmgate(plane, folder / "webhook", reaper)
    try:
        installed.apply("audit")
        for name in (*map(namespace_of, failing_fixtures()), *CACHED):
            plane.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        facts = Facts(plane.kubectl)
        facts.write(folder / "webhook" / "facts.yaml")
        installed.start(folder / "webhook" / "facts.yaml")
        facts.create(plane.admin)  # whoever writes a ModelCache is asked about: by then the server must be there
        installed.enforce()
        for name in CACHED:
            plane.admin.wait_for("ServiceAccount", name, "default", lambda account: True, f"the account of {name}")
        notes.append(f"Warmgate was installed after {time.monotonic() - start:.1f} s, {installed.how_reached()}")
        yield installed
        report_latency(plane)
    finally:
        installed.stop()


@pytest.fixture(scope="session")
def controllers(plane, workspace, warmgate):
    """Where controllers run, beside the cluster, with the policy and the rights that were installed."""
    folder, reaper = workspace
    host = ControllerHost(plane, folder / "controllers", reaper, warmgate.host.policy.folder)
    yield host
    host.stop()


@pytest.fixture(scope="session")
def first_controller(controllers):
    return controllers.add("first")


@pytest.fixture
def controller(controllers, first_controller):
    """One that leads."""
    if not first_controller.running():
        first_controller.start()
    controllers.wait_leads(first_controller)
    return first_controller


latency_reported = []


def report_latency(plane):
    """Before the drills, in which calls fail and wait on purpose."""
    if latency_reported:
        return
    latency_reported.append(True)
    text = plane.admin.text("/metrics")[1]
    for name, (calls, p50, p99) in metrics.hook_latency(text).items():
        times = f"p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"
        notes.append(f"{name}: {calls} calls, {times}")
    # k8s.io/apiserver pkg/admission/metrics/metrics.go
    notes.append(f"(interpolated in {metrics.HOOK_DURATION}, whose buckets end at 5, 25, 100, 500 ms, 1 s, ...)")


@pytest.fixture
def note():
    """Adds a line to the summary at the end."""
    return notes.append


@pytest.fixture(scope="session")
def before_drills(plane, warmgate):
    report_latency(plane)
