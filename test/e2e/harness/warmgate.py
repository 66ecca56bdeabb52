"""Warmgate as it is installed: deploy/webhook/base applied, a server that the API server reaches, and the switches."""

from .objects import violating_deployment
from .processes import wait_until
from .tools import REPOSITORY
from .api import ApiError
from .webhook_host import CONFIGURATIONS, NAME, WebhookHost

BASE = REPOSITORY / "deploy" / "webhook" / "base"
CRDS = ("modelcaches", "cachepolicies")


class Warmgate:
    def __init__(self, control_plane, folder, reaper):
        self._plane = control_plane
        self._kubectl = control_plane.kubectl
        self.host = WebhookHost(control_plane, folder, reaper)
        self.facts = None

    def apply_base(self):
        self._kubectl.ok("apply", "-k", BASE)
        for plural in CRDS:
            self._kubectl.ok(
                "wait", "--for=condition=Established", "--timeout=30s", f"crd/{plural}.warmgate.dev"
            )

    def start(self, facts):
        self.facts = facts
        self.host.create()
        server = self.start_server()
        self.host.publish([server])
        self.host.point_configurations()
        self.wait_enforced()

    def start_server(self):
        return self.host.start_server("--facts", self.facts)

    def how_reached(self):
        if self.host.through_service:
            return "reached through its Service in a network namespace"
        return f"REACHED BY URL ON LOOPBACK, so the Service and its name are not tested: {self.host.why_loopback}"

    def consequence(self):
        """What the API server does with an object that Warmgate denies: denied, admitted (Warmgate was not asked, or
        did not answer and failurePolicy is Ignore) or failed (the same with Fail). Nothing is stored."""
        try:
            self._plane.admin.create(violating_deployment("default", "probe"), dryRun="All")
        except ApiError as error:
            if "denied the request" in error.message:
                return "denied"
            if "failed calling webhook" in error.message:
                return "failed"
            raise
        return "admitted"

    def denies(self):
        return self.consequence() == "denied"

    def wait_enforced(self, enforced=True, seconds=30):
        """Until the API server has seen configuration and endpoints; that the server is ready does not tell it, nor
        does one answer (istio/istio#21354)."""
        what = "the API server asks Warmgate" if enforced else "the API server no longer asks Warmgate"
        wait_until(lambda: self.denies() == enforced, seconds, what)

    def uninstall(self):
        """The emergency switch: the configurations go, all else stays."""
        for kind in CONFIGURATIONS:
            self._plane.admin.delete(kind, None, NAME)
        self.wait_enforced(False)

    def install(self):
        """Both configurations again, as the base has them."""
        if not self.host.through_service:
            # `apply` cannot turn a URL back into a Service.
            flags = ("--ignore-not-found", "--wait=true")
            self._kubectl.ok("delete", *flags, "mutatingwebhookconfiguration,validatingwebhookconfiguration", NAME)
        self._kubectl.ok("apply", "-k", BASE)
        self.host.point_configurations()
        self.wait_enforced()

    def repair(self):
        """Undoes what a drill has done to servers, endpoints and configurations."""
        servers = [server for server in self.host.servers if server.running()]
        for server in servers:
            server.resume()
        self.host.publish(servers or [self.start_server()])
        self.install()

    def stop(self):
        self.host.stop()
