#!/usr/bin/env python3
"""What memory `warmgate serve` takes: with many large reviews, after them, and with the facts of a large cluster.

  test/bench/memory.py [--binary FILE] [--at-once N] [--rounds N] [--pods N] [--shape NAME] [-- OPTION...]

--at-once N reviews are judged at the same time (default 16, the most that one server judges), --rounds times over.
--pods N (default 50000) Pods that mount claims are listed by an API server that this script plays; 0 leaves that out.
What follows -- is given to the server; environment variables (MALLOC_ARENA_MAX) reach it too. Peaks are those of the
kernel (VmHWM), in MiB. Debug builds take a little more.
"""
import argparse
import concurrent.futures
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
ETCD_LIMIT = 1_400_000  # bytes of an object; etcd takes 1.5 MiB
API_LIMIT = 3_000_000  # bytes of a request; kube-apiserver takes 3 MiB
PAGE = 500


def pod(spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "large", "namespace": "llm"}, "spec": spec}


def server_container(**more):
    return {"name": "vllm", "image": "vllm/vllm-openai:v0.11.0", "args": ["--model", "a/b"], **more}


def filled(size, item, build):
    """`build` of as many items as make `size` bytes."""
    count = max(1, size // (len(json.dumps(item(10_000))) + 1))
    return build([item(i) for i in range(count)])


def many_containers(size):
    return filled(size, lambda i: server_container(name=f"c{i}"), lambda items: pod({"containers": items}))


def many_variables(size):
    return filled(
        size,
        lambda i: {"name": f"VARIABLE_{i}", "value": f"value-{i}"},
        lambda items: pod({"containers": [server_container(env=items)]}),
    )


def many_volumes(size):
    return filled(
        size,
        lambda i: {"name": f"v{i}", "persistentVolumeClaim": {"claimName": f"claim-{i}"}},
        lambda items: pod({"volumes": items, "containers": [server_container()]}),
    )


def long_script(size):
    line = "vllm serve a/b --revision main\n"
    command = ["sh", "-c", line * (size // (len(line) + 1))]
    return pod({"containers": [{"name": "vllm", "image": "vllm/vllm-openai:v0.11.0", "command": command}]})


SHAPES = {shape.__name__: shape for shape in (many_containers, many_variables, many_volumes, long_script)}


def review(shape, size, update):
    request = {"uid": "1", "operation": "UPDATE" if update else "CREATE", "namespace": "llm", "name": "large"}
    request["object"] = SHAPES[shape](size)
    if update:
        request["oldObject"] = request["object"]
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def cluster_pod(number):
    """As a real one is: about 6 KB, most of which Warmgate does not keep."""
    name = f"vllm-{number // 10}"
    fields = {f"f:field-{i}": {} for i in range(90)}
    managed = [{"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": fields}]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{name}-7d4b9c6f5", "controller": True}
    token = {"sources": [{"serviceAccountToken": {"path": "token"}}]}
    probe = {"httpGet": {"path": "/health", "port": 8000, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1}
    container = server_container(
        args=["--model", "Qwen/Qwen3-32B", "--revision", "9216db5781bf21249d130ec9da846c4624c16137", "--port", "8000"],
        env=[{"name": "HF_HOME", "value": "/cache/huggingface"}, {"name": "HF_HUB_OFFLINE", "value": "1"}],
        resources={"limits": {"nvidia.com/gpu": "1", "memory": "64Gi"}, "requests": {"cpu": "8", "memory": "64Gi"}},
        volumeMounts=[
            {"name": "cache", "mountPath": "/cache/huggingface", "readOnly": True},
            {"name": "shm", "mountPath": "/dev/shm"},
            {"name": f"kube-api-access-{number}", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
        ],
        livenessProbe=probe,
        readinessProbe=probe,
        terminationMessagePath="/dev/termination-log",
    )
    return {
        "metadata": {
            "name": f"{name}-{number}",
            "namespace": f"team-{number % 50}",
            "uid": f"00000000-0000-0000-0000-{number:012}",
            "resourceVersion": str(number + 1),
            "labels": {"app": name, "pod-template-hash": "7d4b9c6f5", "team": f"team-{number % 50}"},
            "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"},
            "ownerReferences": [owner],
            "managedFields": managed,
        },
        "spec": {
            "nodeName": f"gpu-{number % 1000}",
            "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l4"},
            "restartPolicy": "Always",
            "containers": [container],
            "volumes": [
                {"name": "cache", "persistentVolumeClaim": {"claimName": "model-cache", "readOnly": True}},
                {"name": "shm", "emptyDir": {"medium": "Memory"}},
                {"name": f"kube-api-access-{number}", "projected": token},
            ],
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}] * 3,
        },
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


class ApiServer(http.server.ThreadingHTTPServer):
    """Lists `pods` Pods and nothing else; its watches stay silent."""

    daemon_threads = True

    def __init__(self, pods, certs):
        super().__init__(("127.0.0.1", 0), ApiRequest)
        self.pods = pods
        self.ending = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certs / "tls.crt", certs / "tls.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def kubeconfig(self, certs):
        server = f"https://127.0.0.1:{self.server_port}"
        return {
            "current-context": "a",
            "clusters": [{"name": "a", "cluster": {"server": server, "certificate-authority": str(certs / "ca.crt")}}],
            "users": [{"name": "a", "user": {"token": "t"}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        }


class ApiRequest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if query.get("watch"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            self.server.ending.wait()
            return
        begin = int(query.get("continue", 0))
        end = min(begin + PAGE, self.server.pods) if url.path.endswith("/pods") else 0
        more = str(end) if end and end < self.server.pods else ""
        items = [cluster_pod(i) for i in range(begin, end)]
        body = json.dumps({"metadata": {"resourceVersion": "1000000", "continue": more}, "items": items}).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Warmgate:
    def __init__(self, binary, certs, options):
        command = [binary, "serve", "--port=0", "--health-port=0", f"--tls-cert={certs / 'tls.crt'}"]
        command += [f"--tls-key={certs / 'tls.key'}", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            entry = json.loads(line) if line.startswith("{") else {"message": line}
            if entry["message"] == "serving":
                break
            print(line, end="", file=sys.stderr)
        else:
            sys.exit("the server did not start")
        self.https, self.health = (int(entry[name].rsplit(":", 1)[1]) for name in ("https", "health"))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.context = ssl.create_default_context(cafile=certs / "ca.crt")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def mib(self, field):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M)[1]) / 1024

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def knows_pods(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.health)
        connection.request("GET", "/metrics")
        return b'warmgate_facts_synced{resource="pods"} 1' in connection.getresponse().read()

    def post(self, body):
        connection = http.client.HTTPSConnection("127.0.0.1", self.https, context=self.context, timeout=600)
        connection.request("POST", "/validate", body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status


def measure_reviews(options, certs):
    running = [f"--max-running={options.at_once}", *options.server]
    print(f"{options.at_once} reviews at once, {options.rounds} rounds (MiB)")
    print(f"{'shape':18}{'bytes':>10}{'idle':>8}{'one':>8}{'peak':>8}{'after':>8}  answers")
    for shape in [options.shape] if options.shape else SHAPES:
        for size, update in ((ETCD_LIMIT, False), (ETCD_LIMIT, True), (API_LIMIT, False)):
            body = review(shape, size, update)
            with Warmgate(options.binary, certs, running) as server:
                idle = server.mib("VmRSS")
                server.post(body)
                one = server.mib("VmHWM")
                server.forget_peak()
                answers = {}
                with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
                    for status in pool.map(server.post, [body] * (options.at_once * options.rounds)):
                        answers[status] = answers.get(status, 0) + 1
                peak, after = server.mib("VmHWM"), server.mib("VmRSS")
            name = shape + (" update" if update else "")
            print(f"{name:18.18}{len(body):10}{idle:8.0f}{one:8.0f}{peak:8.0f}{after:8.0f}  {answers}", flush=True)


def measure_facts(options, certs, folder):
    api = ApiServer(options.pods, certs)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(api.kubeconfig(certs)), encoding="ascii")
    with Warmgate(options.binary, certs, ["--cluster", f"--kubeconfig={kubeconfig}", *options.server]) as server:
        begin = time.monotonic()
        while not server.knows_pods():
            if time.monotonic() > begin + 600:
                sys.exit("the facts did not come")
            time.sleep(0.1)
        seconds = time.monotonic() - begin
        now, peak = server.mib("VmRSS"), server.mib("VmHWM")
        print(f"{options.pods} Pods with claims: {now:.0f} MiB, peak {peak:.0f}, after {seconds:.0f} s")
    api.ending.set()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", default=str(ROOT / "build/bin/warmgate"))
    arguments.add_argument("--at-once", type=int, default=16)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--pods", type=int, default=50_000)
    arguments.add_argument("--shape", choices=SHAPES)
    arguments.add_argument("server", nargs="*")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        certs = pathlib.Path(folder) / "certs"
        subprocess.run([ROOT / "certs/make-dev-certs", "--out", certs], check=True, stdout=subprocess.DEVNULL)
        if options.rounds > 0:
            measure_reviews(options, certs)
        if options.pods > 0:
            measure_facts(options, certs, pathlib.Path(folder))


if __name__ == "__main__":
    main()
