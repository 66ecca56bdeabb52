"""ControllerHost: `warmgate controller` on this machine, with the rights and the token of its ServiceAccount.

Each runs as its Deployment starts it. It reaches the API server through a relay of its own, which knows what it
asks."""
import signal
import subprocess

from . import tools
from .api import ApiError
from .api_relay import ApiRelay
from .processes import Process, clean_environment, wait_until
from .program import Program

NAMESPACE = "warmgate"
ACCOUNT = "warmgate-controller"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/warmgate-controller"
START_SECONDS = 30
WALL_CLOCK = tools.REPOSITORY / "test" / "e2e" / "harness" / "wall_clock.c"


class WallClock:
    """Of a process that is started with its environment: as far ahead as it is told."""

    def __init__(self, folder):
        self._file = folder / "ahead"
        library = folder / "wall_clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, WALL_CLOCK], check=True, capture_output=True)
        self.environment = {"LD_PRELOAD": str(library), "WALL_CLOCK_FILE": str(self._file)}
        self.ahead(0)

    def ahead(self, seconds):
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds), encoding="utf-8")
        fresh.replace(self._file)


class Controller(Program):
    """One `warmgate controller`, which may be started again and again."""

    def __init__(self, plane, folder, reaper, identity, policy, environment, direct, arguments):
        self.identity = identity
        self.relay = None if direct else ApiRelay(plane, identity)
        token = folder / f"{identity}.token"
        token.write_text(plane.token(NAMESPACE, ACCOUNT), encoding="utf-8")
        kubeconfig = plane.kubeconfig_for_token_file(identity, token, self.relay and self.relay.address)
        command = [
            tools.warmgate(),
            *("controller", "--kubeconfig", kubeconfig, "--context", "e2e", "--namespace", NAMESPACE),
            *("--identity", identity, "--policy", policy, "--health-address", "127.0.0.1", "--health-port", "0"),
            *arguments,
        ]
        environment = clean_environment(**environment)
        log = folder / f"controller-{identity}.log"
        super().__init__(Process(identity, command, log, reaper, environment=environment))

    def start(self):
        self.skip_log()
        self._process.start()
        self._process.wait_ready(self._announced, START_SECONDS)
        return self

    def _announced(self):
        found = [entry["health"] for entry in self.log_entries() if "health" in entry]
        self.health = found[0] if found else None
        return bool(found)

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        """From any thread, as the relay's; wait() comes after it."""
        self._process.send(signal.SIGKILL)

    def stop(self):
        if self.running():
            self.resume()
            self._process.stop(signal.SIGKILL)

    def close(self):
        self.stop()
        if self.relay:
            self.relay.close()


class ControllerHost:
    def __init__(self, plane, folder, reaper, policy):
        self._plane = plane
        self._folder = folder
        self._reaper = reaper
        self._policy = policy  # the folder of the ConfigMap
        self._all = []
        folder.mkdir(parents=True, exist_ok=True)

    def wall_clock(self):
        """For one controller's environment."""
        return WallClock(self._folder)

    def add(self, identity, environment=None, direct=False, arguments=()):
        """A controller that is not started yet. A direct one has no relay, which would be what is measured."""
        controller = Controller(
            self._plane, self._folder, self._reaper, identity, self._policy, environment or {}, direct, arguments
        )
        self._all.append(controller)
        return controller

    def holder(self):
        """Who has the Lease, or had it last; empty: nobody yet, or nobody by choice."""
        try:
            spec = self._plane.admin.call("GET", LEASE).body["spec"]
        except ApiError as error:
            if error.code != 404:
                raise
            return ""
        return spec.get("holderIdentity") or ""

    def wait_leads(self, controller, seconds=40):
        wait_until(lambda: self.holder() == controller.identity, seconds, f"{controller.identity} leads")

    def stop(self):
        for controller in self._all:
            controller.close()
