"""Warmgate as it is installed: an overlay of deploy/webhook, a server that the API server reaches, and the switches."""
import base64
import json
import shutil

from . import metrics
from .api import ApiError
from .objects import deployment, template_spec, violating_deployment
from .processes import wait_until
from .tools import REPOSITORY
from .webhook_host import CONFIGURATIONS, NAME, NAMESPACE, WebhookHost

OVERLAYS = ("audit", "enforce", "dev-certs/audit", "dev-certs/enforce")
CRDS = ("modelcaches", "cachepolicies")
POLICY = "warmgate-policy"
RELOADS = "warmgate_config_reload_total"
CERTIFICATE_RELOADS = "warmgate_cert_reload_total"


class Warmgate:
    def __init__(self, control_plane, folder, reaper):
        self._plane = control_plane
        self._kubectl = control_plane.kubectl
        # kustomize reads only what is below it, so the certificates are beside a copy of deploy/.
        self.deploy = folder / "deploy" / "webhook"
        shutil.copytree(REPOSITORY / "deploy" / "webhook", self.deploy, ignore=shutil.ignore_patterns("certs"))
        self.host = WebhookHost(control_plane, folder, reaper, self.deploy / "components" / "dev-certs" / "certs")
        self.facts = None
        self.under_audit = None  # what kubectl said of a violating Deployment while the overlay was `audit`

    def overlay(self, name):
        return self.deploy / "overlays" / name

    def apply(self, mode):
        """kubectl apply -k of dev-certs/audit or dev-certs/enforce."""
        self._kubectl.ok("apply", "-k", self.overlay(f"dev-certs/{mode}"))
        for plural in CRDS:
            self._kubectl.ok(
                "wait", "--for=condition=Established", "--timeout=30s", f"crd/{plural}.warmgate.dev"
            )

    def start(self, facts):
        """The server, as the Deployment starts it, with the audit policy."""
        self.facts = facts
        self.host.create()
        self.sync_volumes()
        self.host.publish([self.start_server()])
        if not self.host.through_service:
            self.host.point_configurations()
        wait_until(lambda: self.consequence() == "warned", 30, "the API server asks Warmgate")
        text = violating_deployment("default", "probe")
        self.under_audit = self._kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(text))

    def enforce(self):
        self._apply_enforce()
        self.reload_policy()
        self.wait_enforced()

    def _apply_enforce(self):
        if not self.host.through_service:
            # `apply` cannot turn a URL back into a Service.
            flags = ("--ignore-not-found", "--wait=true")
            self._kubectl.ok("delete", *flags, "mutatingwebhookconfiguration,validatingwebhookconfiguration", NAME)
        self.apply("enforce")
        if not self.host.through_service:
            self.host.point_configurations()

    def start_server(self):
        return self.host.start_server("--facts", self.facts)

    def config_map(self):
        return self._plane.admin.get("ConfigMap", NAMESPACE, POLICY)["data"]

    def sync_volumes(self):
        """What the kubelet does some time after a ConfigMap or a Secret has changed."""
        secret = self._plane.admin.get("Secret", NAMESPACE, "warmgate-tls")["data"]
        self.host.tls.write({name: base64.b64decode(text) for name, text in secret.items()})
        self.sync_policy()

    def sync_policy(self):
        self.host.policy.write({name: text.encode() for name, text in self.config_map().items()})

    def reloads(self, result="success", metric=RELOADS):
        return metrics.total(self.host.servers[0].get("/metrics") or "", metric, result=result)

    def reload_policy(self, result="success"):
        """The kubelet brings the ConfigMap, and the server has read it."""
        before = self.reloads(result)
        self.sync_policy()
        wait_until(lambda: self.reloads(result) > before, 30, f"the policy is read anew: {result}")

    def set_policy(self, spec, result="success"):
        """Edits the ConfigMap as an administrator does, and waits until the server has read it."""
        if isinstance(spec, str):
            policy = spec
        else:
            head = {"apiVersion": "warmgate.dev/v1alpha1", "kind": "CachePolicy", "metadata": {"name": "enforce"}}
            policy = json.dumps({**head, "spec": spec})
        if policy == self.config_map()["policy.yaml"]:
            return  # the server reads only what has changed
        self._plane.admin.patch("ConfigMap", NAMESPACE, POLICY, {"data": {"policy.yaml": policy}})
        self.reload_policy(result)

    def wait_claim_known(self, namespace, claim="model-cache"):
        """Until the server has heard of a claim: it no longer says that it is missing (WG306)."""
        document = deployment(namespace, "probe")
        template_spec(document)["volumes"][0]["persistentVolumeClaim"]["claimName"] = claim

        def known():
            try:
                warnings = self._plane.admin.create(document, dryRun="All").warnings
            except ApiError as error:
                return "WG306" not in error.message
            return not any("WG306" in text for text in warnings)

        wait_until(known, 90, f"Warmgate knows {namespace}/{claim}")

    def facts_ages(self):
        """Seconds since the API server confirmed what is known, one for each type that verdicts rest on."""
        ages = metrics.samples(self.host.servers[0].get("/metrics"), "warmgate_facts_age_seconds")
        return [age for labels, age in ages if labels["resource"] != "leases"]

    def how_reached(self):
        if self.host.through_service:
            return "reached through its Service in a network namespace"
        return f"REACHED BY URL ON LOOPBACK, so the Service and its name are not tested: {self.host.why_loopback}"

    def consequence(self):
        """What the API server does with an object that Warmgate denies: denied, warned (admitted with Warmgate's
        words), admitted (Warmgate was not asked, or did not answer and failurePolicy is Ignore) or failed (the same
        with Fail). Nothing is stored."""
        try:
            reply = self._plane.admin.create(violating_deployment("default", "probe"), dryRun="All")
        except ApiError as error:
            if "denied the request" in error.message:
                return "denied"
            if "failed calling webhook" in error.message:
                return "failed"
            raise
        return "warned" if any(text.startswith("WG101 ") for text in reply.warnings) else "admitted"

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
        """Both configurations again, as the overlay has them."""
        self._apply_enforce()
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
