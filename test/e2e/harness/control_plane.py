"""ControlPlane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok, each in a folder of its own."""
import base64
import datetime
import json
import pathlib
import signal
import urllib.error
import urllib.request
import ssl

from . import tools
from .api import Api
from .certificates import Authority, openssl
from .kubectl import Kubectl
from .processes import Port, Process, loopback_address

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS = 90
# A range for Services that is nobody's: nothing is ever sent to a cluster IP here.
SERVICE_RANGE = "198.18.128.0/17"
KUBELET_PORT = 10250  # as everywhere; the address is this suite's own


def answers(url, context=None):
    try:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


class ControlPlane:
    """Starts with start(), ends with stop(); etcd and the API server can be stopped and started in between."""

    def __init__(self, folder, reaper):
        self.folder = pathlib.Path(folder)
        self._reaper = reaper
        self._ports = {name: Port() for name in ("etcd", "etcd-peer", "apiserver", "controllers", "scheduler")}
        self._kubelet_address = loopback_address()
        self.processes = {}
        for name in ("certificates", "home", "pod-logs"):
            (self.folder / name).mkdir()
        self._make_certificates()
        self.audit_log = self._folder("kube-apiserver") / "audit.log"
        self.admin = self.api(self._admin)
        self.kubeconfig = self.kubeconfig_for("admin", self._admin)
        self.kubectl = self.kubectl_with(self.kubeconfig)

    def _folder(self, name):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path

    def port(self, name):
        return self._ports[name].number

    def _make_certificates(self):
        folder = self.folder / "certificates"
        self._etcd_authority = Authority(folder, "etcd-ca")
        self._etcd = self._etcd_authority.issue("etcd", "etcd", hosts=["127.0.0.1", "localhost"])
        self.authority = Authority(folder, "ca")
        self._serving = self.authority.issue(
            "serving", "kube-apiserver", hosts=["127.0.0.1", "localhost", "kubernetes.default.svc"]
        )
        self._front_authority = Authority(folder, "front-proxy-ca")
        self._front = self._front_authority.issue("front-proxy", "front-proxy")
        self._kubelet = self.authority.issue("kubelet", "kubelet", hosts=[self._kubelet_address])
        self._accounts_key = folder / "service-accounts.key"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self._accounts_key)
        self._admin = self.authority.issue("admin", "admin", ["system:masters"])

    def api(self, pair):
        return Api(self.port("apiserver"), self.authority.certificate, pair.certificate, pair.key)

    def api_by_token(self, token):
        return Api(self.port("apiserver"), self.authority.certificate, token=token)

    def kubectl_with(self, kubeconfig):
        return Kubectl(tools.program("kubectl"), kubeconfig, self.folder / "home")

    def _write_kubeconfig(self, name, user, server=None):
        cluster = {
            "server": f"https://{server or '127.0.0.1:' + str(self.port('apiserver'))}",
            "certificate-authority": str(self.authority.certificate),
            "tls-server-name": "kubernetes.default.svc",
        }
        path = self.folder / f"{name}.kubeconfig"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name}}],
            "current-context": "e2e",
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def kubeconfig_for(self, name, pair):
        user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        return self._write_kubeconfig(name, user)

    def warmgate(self, *arguments, cwd=None):
        """A command of warmgate as a person runs it beside this cluster."""
        return Kubectl(tools.warmgate(), self.kubeconfig, self.folder / "home")(*arguments, cwd=cwd)

    def user(self, name, groups=()):
        """An Api and a kubectl of a person who shows a certificate; what she may do is RBAC's matter."""
        pair = self.authority.issue(f"user-{name}", name, groups)
        return self.api(pair), self.kubectl_with(self.kubeconfig_for(name, pair))

    def kubeconfig_for_token_file(self, name, file, server):
        """As a Pod has it: the token is read from a file that somebody replaces; the API server is at that address."""
        return self._write_kubeconfig(name, {"tokenFile": str(file)}, server)

    def token(self, namespace, account, seconds=3600, bound_to=None):
        """A token of a service account, as a Pod would have one; it ends with the Secret it is bound to."""
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        if bound_to:
            metadata = bound_to["metadata"]
            reference = {"apiVersion": "v1", "kind": "Secret", "name": metadata["name"], "uid": metadata["uid"]}
            request["spec"]["boundObjectRef"] = reference
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        return self.admin.call("POST", path, request).body["status"]["token"]

    def account(self, namespace, account):
        """An Api and a kubectl of a service account."""
        token = self.token(namespace, account)
        kubeconfig = self._write_kubeconfig(f"{namespace}-{account}", {"token": token})
        return self.api_by_token(token), self.kubectl_with(kubeconfig)

    def start(self):
        self.start_etcd()
        self.start_apiserver()
        self._start_controllers()
        self._start_scheduler()
        self._start_kwok()

    def _run(self, name, program, arguments, ready):
        if name not in self.processes:
            folder = self._folder(name)
            command = [tools.program(program), *arguments]
            self.processes[name] = Process(name, command, folder / "log", self._reaper)
        self.processes[name].start()
        if ready:
            self.processes[name].wait_ready(ready, START_SECONDS)

    def start_etcd(self):
        client, peer = (f"https://127.0.0.1:{self.port(name)}" for name in ("etcd", "etcd-peer"))
        context = ssl.create_default_context(cafile=str(self._etcd_authority.certificate))
        context.load_cert_chain(self._etcd.certificate, self._etcd.key)
        tls = [
            f"{prefix}{option}={path}"
            for prefix in ("--", "--peer-")
            for option, path in (
                ("trusted-ca-file", self._etcd_authority.certificate),
                ("cert-file", self._etcd.certificate),
                ("key-file", self._etcd.key),
            )
        ]
        arguments = [
            f"--data-dir={self._folder('etcd') / 'data'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--client-cert-auth=true",
            "--peer-client-cert-auth=true",
            "--socket-reuse-port=true",
            # The data need not survive this machine, only this process.
            "--unsafe-no-fsync=true",
            "--log-level=warn",
            *tls,
        ]
        self._run("etcd", "etcd", arguments, lambda: answers(f"{client}/readyz", context))

    def start_apiserver(self):
        arguments = [
            f"--etcd-servers=https://127.0.0.1:{self.port('etcd')}",
            f"--etcd-cafile={self._etcd_authority.certificate}",
            f"--etcd-certfile={self._etcd.certificate}",
            f"--etcd-keyfile={self._etcd.key}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            # The endpoints of the Service `kubernetes` may not be loopback addresses, and nobody here asks for them.
            "--endpoint-reconciler-type=none",
            f"--secure-port={self.port('apiserver')}",
            "--permit-port-sharing=true",
            f"--tls-cert-file={self._serving.certificate}",
            f"--tls-private-key-file={self._serving.key}",
            f"--client-ca-file={self.authority.certificate}",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            f"--kubelet-certificate-authority={self.authority.certificate}",
            # The names of the nodes are in no DNS.
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._accounts_key}",
            f"--service-account-signing-key-file={self._accounts_key}",
            f"--requestheader-client-ca-file={self._front_authority.certificate}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={self._front.certificate}",
            f"--proxy-client-key-file={self._front.key}",
            # Calls to a Service go to an address of its EndpointSlices: there is no kube-proxy here.
            "--enable-aggregator-routing=true",
            f"--audit-policy-file={HERE / 'audit-policy.yaml'}",
            f"--audit-log-path={self.audit_log}",
            "--audit-log-mode=blocking-strict",
            # SIGTERM ends watches, which it would otherwise wait for.
            "--shutdown-watch-termination-grace-period=1s",
        ]
        self._run("kube-apiserver", "kube-apiserver", arguments, lambda: self.admin.healthy("/readyz"))

    def _component(self, name, port):
        """Flags of the two that share them, and the check that they are healthy."""
        pair = self.authority.issue(name, f"system:{name}", hosts=["127.0.0.1"])
        kubeconfig = self.kubeconfig_for(name, pair)
        arguments = [
            *(f"--{use}kubeconfig={kubeconfig}" for use in ("", "authentication-", "authorization-")),
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port(port)}",
            "--permit-port-sharing=true",
            f"--tls-cert-file={pair.certificate}",
            f"--tls-private-key-file={pair.key}",
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ]
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        return arguments, lambda: answers(f"https://127.0.0.1:{self.port(port)}/healthz", context)

    def _start_controllers(self):
        arguments, ready = self._component("kube-controller-manager", "controllers")
        arguments += [
            # One account for each controller, as in a real cluster: Warmgate looks at who makes a Pod.
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self._accounts_key}",
            f"--root-ca-file={self.authority.certificate}",
            f"--cluster-signing-cert-file={self.authority.certificate}",
            f"--cluster-signing-key-file={self.authority.key}",
        ]
        self._run("kube-controller-manager", "kube-controller-manager", arguments, ready)

    def _start_scheduler(self):
        arguments, ready = self._component("kube-scheduler", "scheduler")
        self._run("kube-scheduler", "kube-scheduler", arguments, ready)

    def _start_kwok(self):
        # An administrator: it plays the kubelets of all nodes, at one address.
        pair = self.authority.issue("kwok", "kwok", ["system:masters"])
        arguments = [
            f"--kubeconfig={self.kubeconfig_for('kwok', pair)}",
            f"--config={HERE / 'kwok-stages.yaml'}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
            "--cidr=198.18.0.0/17",
            f"--node-ip={self._kubelet_address}",
            f"--node-port={KUBELET_PORT}",
            f"--server-address={self._kubelet_address}:{KUBELET_PORT}",
            f"--tls-cert-file={self._kubelet.certificate}",
            f"--tls-private-key-file={self._kubelet.key}",
            "--enable-crds=Logs",
        ]
        self._define_pod_logs()
        self._run("kwok", "kwok", arguments, None)

    def _define_pod_logs(self):
        """The kind in which kwok is told what a container has written; its fields are kwok's matter."""
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
        names = {"kind": "Logs", "listKind": "LogsList", "plural": "logs", "singular": "logs"}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "logs.kwok.x-k8s.io"},
            "spec": {"group": "kwok.x-k8s.io", "scope": "Namespaced", "names": names, "versions": [version]},
        }
        self.admin.create(definition)

        def established(found):
            conditions = found.get("status", {}).get("conditions") or []
            return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)

        name = definition["metadata"]["name"]
        self.admin.wait_for("CustomResourceDefinition", None, name, established, "the kind Logs is served")

    def write_log(self, pod, lines):
        """More lines in the log of a Pod's containers, for `kubectl logs`."""
        metadata, names = pod["metadata"], [each["name"] for each in pod["spec"]["containers"]]
        file = self.folder / "pod-logs" / metadata["uid"]
        known = file.exists()
        # As a container runtime writes it: k8s.io/cri-client/pkg/logs/logs.go
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        with file.open("a", encoding="utf-8") as log:
            log.writelines(f"{now} stdout F {line}\n" for line in lines)
        if not known:
            document = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Logs"}
            document["metadata"] = {"name": metadata["name"], "namespace": metadata["namespace"]}
            document["spec"] = {"logs": [{"containers": names, "logsFile": str(file)}]}
            self.admin.create(document)

    def stop_process(self, name, number=signal.SIGTERM):
        return self.processes[name].stop(number)

    def ca_bundle(self):
        """Of the cluster's own authority, which did not sign Warmgate's certificate."""
        return base64.b64encode(self.authority.certificate.read_bytes()).decode()

    def creations(self, resource, namespace, name=None):
        """The audit events of objects that were created, or would have been but for a refusal."""
        found = []
        for event in self._audit_events():
            reference = event.get("objectRef", {})
            wanted = (resource, namespace, None)
            if event["verb"] != "create" or wanted != (
                reference.get("resource"),
                reference.get("namespace"),
                reference.get("subresource"),
            ):
                continue
            stored = event.get("responseObject", {}).get("metadata", {}).get("name")
            if name in (None, reference.get("name"), stored):
                found.append(event)
        return found

    def _audit_events(self):
        """The audit log so far. The API server writes an event before it answers the request."""
        if not self.audit_log.exists():
            return []
        lines = self.audit_log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def stop(self):
        # From the top down: what depends on another goes first, and kills spare the long goodbyes.
        for name in ("kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            if name in self.processes:
                self.processes[name].stop(signal.SIGKILL)
        for port in self._ports.values():
            port.close()
