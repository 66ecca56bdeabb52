"""WebhookHost: `warmgate serve` on this machine, reached by the API server as if it were the Pods of the Service.

In a network namespace: the servers have addresses of their own there, and a hand-made EndpointSlice leads the real
Service warmgate/warmgate to them, so that SAN, caBundle and Service are what they are in a cluster. Where namespaces
cannot be made: one server on loopback, and the webhook configurations name its URL instead of the Service.

The servers are what their Pods would be: they have a token of the ServiceAccount in a file, the ConfigMap and the
Secret as volumes, and reach the API server by an address of their network (through a relay, for it listens on
loopback).
"""
import base64
import os
import pathlib
import signal
import subprocess

from . import tools
from .api import path_of
from .network import NetworkNamespace, why_impossible
from .processes import Process
from .program import Program
from .relay import Relay
from .volume import Volume

NAMESPACE = "warmgate"
NAME = "warmgate"
ACCOUNT = "warmgate-webhook"
HTTPS_PORT = 8443
HEALTH_PORT = 8080
START_SECONDS = 30
DRAIN_SECONDS = 20  # as deploy/webhook/base/deployment.yaml has it
TOKEN_SECONDS = 7200  # longer than the suite takes on a slow machine: no kubelet renews it
CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def make_certificates(folder):
    script = tools.REPOSITORY / "certs" / "make-dev-certs"
    subprocess.run([script, "--out", folder, "--days", "2"], check=True, capture_output=True)


class Server(Program):
    """One `warmgate serve`."""

    def __init__(self, process, address):
        super().__init__(process)
        self.address = address
        self.https = None

    def start(self):
        self._process.start()
        self._process.wait_ready(self._announced, START_SECONDS)
        self._process.wait_ready(lambda: self.get("/readyz") is not None, START_SECONDS)

    def _announced(self):
        found = self.log_entries("serving")
        if found:
            self.https, self.health = found[0]["https"], found[0]["health"]
        return bool(found)

    def requests(self):
        """How many AdmissionReviews it has answered."""
        lines = (self.get("/metrics") or "").splitlines()
        counts = [line.rpartition(" ")[2] for line in lines if line.startswith("warmgate_admission_requests_total{")]
        return int(sum(map(float, counts)))

    def kill(self):
        self._process.stop(signal.SIGKILL)

    def tail(self, lines=40):
        return self._process.tail(lines)


class WebhookHost:
    def __init__(self, control_plane, folder, reaper, certificates):
        self._plane = control_plane
        self._reaper = reaper
        self._folder = pathlib.Path(folder)
        self.certificates = certificates
        make_certificates(certificates)
        self.tls = Volume(self._folder / "volumes" / "tls")
        self.policy = Volume(self._folder / "volumes" / "policy")
        self._token = self._folder / "token"
        self._token_secret = None
        self._token_number = 0
        self.relay = None
        self.kubeconfig = None
        self._namespace = None
        self.servers = []  # those that the Service leads to
        self._all = []
        self.why_loopback = os.environ.get("WARMGATE_E2E_LOOPBACK") and "WARMGATE_E2E_LOOPBACK is set"
        self.why_loopback = self.why_loopback or why_impossible()

    @property
    def through_service(self):
        return not self.why_loopback

    def create(self):
        if self.through_service:
            self._namespace = NetworkNamespace(self._reaper)
            try:
                self._namespace.create()
            except (OSError, subprocess.CalledProcessError) as error:
                self.why_loopback = f"no network namespace can be made: {getattr(error, 'stderr', '') or error}"
                self._namespace = None
        address = self._namespace.host_address if self._namespace else "127.0.0.1"
        self.relay = Relay(address, self._plane.port("apiserver"))
        self.rotate_token()
        self.kubeconfig = self._plane.kubeconfig_for_token_file("webhook", self._token, self.relay.address)

    def rotate_token(self):
        """Another token in the file, as the kubelet does it. The one before, which this gives back, ends at once."""
        self._token_number += 1
        metadata = {"name": f"token-{self._token_number}", "namespace": NAMESPACE}
        secret = self._plane.admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata}).body
        fresh = self._token.with_suffix(".new")
        fresh.write_text(self._plane.token(NAMESPACE, ACCOUNT, TOKEN_SECONDS, bound_to=secret), encoding="utf-8")
        before = self._token.read_text(encoding="utf-8") if self._token_secret else None
        os.replace(fresh, self._token)
        if self._token_secret:
            self._plane.admin.delete("Secret", NAMESPACE, self._token_secret)
        self._token_secret = metadata["name"]
        return before

    def ca_bundle(self):
        return base64.b64encode((self.certificates / "ca.crt").read_bytes()).decode()

    def _free_address(self):
        used = {server.address for server in self._all if server.running()}
        return next(address for address in self._namespace.addresses if address not in used)

    def start_server(self, *arguments):
        """A server that is ready; the Service does not know it before publish()."""
        address = self._free_address() if self.through_service else "127.0.0.1"
        https, health = (HTTPS_PORT, HEALTH_PORT) if self.through_service else (0, 0)
        command = [
            tools.warmgate(),
            *("serve", "--address", address, "--port", https, "--health-address", address, "--health-port", health),
            *("--tls-cert", self.tls / "tls.crt", "--tls-key", self.tls / "tls.key"),
            *("--policy", self.policy.folder, "--cluster", "--kubeconfig", self.kubeconfig, "--context", "e2e"),
            *("--drain-seconds", DRAIN_SECONDS, *arguments),
        ]
        log = self._folder / f"serve-{address}.log"
        namespace = self._namespace.name if self._namespace else None
        server = Server(Process(f"warmgate on {address}", command, log, self._reaper, namespace), address)
        server.start()
        self._all.append(server)
        return server

    def publish(self, servers):
        """The API server reaches these from now on, and no other."""
        self.servers = list(servers)
        if not self.through_service:
            self.point_configurations()
            return
        document = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{NAME}-beside-the-cluster",
                "namespace": NAMESPACE,
                "labels": {
                    "kubernetes.io/service-name": NAME,
                    "endpointslice.kubernetes.io/managed-by": "warmgate-e2e",
                },
            },
            "addressType": "IPv4",
            "ports": [{"name": "https", "protocol": "TCP", "port": HTTPS_PORT}],
            "endpoints": [
                {"addresses": [server.address], "conditions": {"ready": True, "serving": True}}
                for server in self.servers
            ],
        }
        name = document["metadata"]["name"]
        path = path_of("EndpointSlice", NAMESPACE, name)
        query = {"fieldManager": "warmgate-e2e", "force": "true"}
        self._plane.admin.call("PATCH", path, document, "application/apply-patch+yaml", query)

    def point_configurations(self, ca_bundle=None):
        """Writes the caBundle into every webhook, and on loopback the URL in place of the Service."""
        for kind in CONFIGURATIONS:
            document = self._plane.admin.get(kind, None, NAME)
            for webhook in document["webhooks"]:
                client = webhook["clientConfig"]
                client["caBundle"] = ca_bundle or self.ca_bundle()
                if not self.through_service:
                    path = client["service"]["path"] if "service" in client else "/" + client["url"].rsplit("/", 1)[1]
                    client.pop("service", None)
                    client["url"] = f"https://{self.servers[0].https}{path}"
            self._plane.admin.replace(document)

    def set_webhooks(self, **fields):
        """Fields of every webhook of both configurations, failurePolicy say."""
        for kind in CONFIGURATIONS:
            document = self._plane.admin.get(kind, None, NAME)
            for webhook in document["webhooks"]:
                webhook.update(fields)
            self._plane.admin.replace(document)

    def requests(self):
        return sum(server.requests() for server in self.servers)

    def stop(self):
        for server in self._all:
            if server.running():
                server.resume()
                server.kill()
        if self.relay:
            self.relay.close()
        if self._namespace:
            self._namespace.delete()
