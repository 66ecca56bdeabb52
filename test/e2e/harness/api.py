"""A plain client of the Kubernetes API: one connection a request, so it may be used from any thread."""
import http.client
import json
import ssl
import time
import urllib.parse

# Kind: the API it is in, the resource's name, whether it lives in a namespace.
KINDS = {
    "ConfigMap": ("/api/v1", "configmaps", True),
    "CSIDriver": ("/apis/storage.k8s.io/v1", "csidrivers", False),
    "CustomResourceDefinition": ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", False),
    "DaemonSet": ("/apis/apps/v1", "daemonsets", True),
    "Deployment": ("/apis/apps/v1", "deployments", True),
    "EndpointSlice": ("/apis/discovery.k8s.io/v1", "endpointslices", True),
    "Event": ("/api/v1", "events", True),
    "HorizontalPodAutoscaler": ("/apis/autoscaling/v2", "horizontalpodautoscalers", True),
    "Job": ("/apis/batch/v1", "jobs", True),
    "Logs": ("/apis/kwok.x-k8s.io/v1alpha1", "logs", True),
    "ModelCache": ("/apis/warmgate.dev/v1alpha1", "modelcaches", True),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases", True),
    "MutatingWebhookConfiguration": (
        "/apis/admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        False,
    ),
    "Namespace": ("/api/v1", "namespaces", False),
    "Node": ("/api/v1", "nodes", False),
    "PersistentVolume": ("/api/v1", "persistentvolumes", False),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims", True),
    "Pod": ("/api/v1", "pods", True),
    "ReplicaSet": ("/apis/apps/v1", "replicasets", True),
    "ResourceQuota": ("/api/v1", "resourcequotas", True),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "Secret": ("/api/v1", "secrets", True),
    "Service": ("/api/v1", "services", True),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "StorageClass": ("/apis/storage.k8s.io/v1", "storageclasses", False),
    "ValidatingWebhookConfiguration": (
        "/apis/admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        False,
    ),
}

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


def path_of(kind, namespace=None, name=None, subresource=None):
    api, resource, namespaced = KINDS[kind]
    parts = [api]
    if namespaced and namespace is not None:
        parts += ["namespaces", namespace]
    parts.append(resource)
    parts += [part for part in (name, subresource) if part]
    return "/".join(parts)


class ApiError(Exception):
    """An answer that is no success; what the API server says is the message."""

    def __init__(self, code, status):
        self.code = code
        self.reason = status.get("reason", "")
        self.message = status.get("message", "")
        super().__init__(f"{code} {self.reason}: {self.message}")


class Reply:
    def __init__(self, body, warnings):
        self.body = body
        self.warnings = warnings


def warnings_of(response):
    """The texts of the Warning headers (RFC 7234): 299 - "the text"."""
    found = response.headers.get_all("Warning") or []
    return [json.loads(header.split(" ", 2)[2]) for header in found]


class Api:
    def __init__(self, port, authority, certificate=None, key=None, token=None):
        self._port = port
        self._context = ssl.create_default_context(cafile=str(authority))
        if certificate:
            self._context.load_cert_chain(str(certificate), str(key))
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, method, path, body=None, content_type=JSON, query=None, timeout=60):
        """The connection and its response; closing the connection is the caller's."""
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, context=self._context, timeout=timeout)
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        connection.request(method, target, data, {"Content-Type": content_type, **self._headers})
        return connection, connection.getresponse()

    def text(self, path):
        connection, response = self.send("GET", path)
        try:
            return response.status, response.read().decode()
        finally:
            connection.close()

    def healthy(self, path):
        try:
            return self.text(path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def call(self, method, path, body=None, content_type=JSON, query=None, timeout=60):
        connection, response = self.send(method, path, body, content_type, query, timeout)
        try:
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 300:
            raise ApiError(response.status, answer)
        return Reply(answer, warnings_of(response))

    def get(self, kind, namespace, name):
        return self.call("GET", path_of(kind, namespace, name)).body

    def list(self, kind, namespace=None, **query):
        return self.call("GET", path_of(kind, namespace), query=query).body["items"]

    def create(self, document, namespace=None, subresource=None, **query):
        metadata = document["metadata"]
        namespace = namespace or metadata.get("namespace")
        name = metadata["name"] if subresource else None
        path = path_of(document["kind"], namespace, name, subresource)
        return self.call("POST", path, document, query=query)

    def make_namespace(self, name):
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        # Pods are refused until their account is there.
        self.wait_for("ServiceAccount", name, "default", lambda account: True, f"the default account of {name}")
        return name

    def replace(self, document, subresource=None, **query):
        metadata = document["metadata"]
        path = path_of(document["kind"], metadata.get("namespace"), metadata["name"], subresource)
        return self.call("PUT", path, document, query=query)

    def patch(self, kind, namespace, name, patch, subresource=None, content_type=None, **query):
        """A list is a JSON patch, a mapping a merge patch."""
        content_type = content_type or (JSON_PATCH if isinstance(patch, list) else MERGE_PATCH)
        return self.call("PATCH", path_of(kind, namespace, name, subresource), patch, content_type, query)

    def delete(self, kind, namespace, name, **query):
        return self.call("DELETE", path_of(kind, namespace, name), query=query)

    def watch(self, kind, namespace, version, seconds, **query):
        """The events after a resource version, until the server or the time ends the stream."""
        query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": max(1, int(seconds)), **query}
        connection, response = self.send("GET", path_of(kind, namespace), query=query, timeout=seconds + 5)
        try:
            if response.status != 200:
                raise ApiError(response.status, json.loads(response.read()))
            for line in response:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise ApiError(event["object"].get("code", 0), event["object"])
                yield event["type"], event["object"]
        finally:
            connection.close()

    def wait_for_all(self, kind, namespace, condition, what, seconds=60, **query):
        """Lists, watches, and gives back the objects as soon as condition(objects) is true."""
        deadline = time.monotonic() + seconds
        found = {}
        while time.monotonic() < deadline:
            listed = self.call("GET", path_of(kind, namespace), query=query).body
            found = {item["metadata"]["uid"]: item for item in listed["items"]}
            if condition(list(found.values())):
                return list(found.values())
            version = listed["metadata"]["resourceVersion"]
            try:
                for change, item in self.watch(kind, namespace, version, deadline - time.monotonic(), **query):
                    if change == "DELETED":
                        found.pop(item["metadata"]["uid"], None)
                    else:
                        found[item["metadata"]["uid"]] = item
                    if condition(list(found.values())):
                        return list(found.values())
            except ApiError as error:
                if error.code != 410:  # the history is gone: list again
                    raise
        last = {item["metadata"]["name"]: item.get("status") for item in found.values()}
        raise TimeoutError(f"{what}: not within {seconds} s; at last {json.dumps(last)[:3000]}")

    def wait_for(self, kind, namespace, name, condition, what, seconds=60):
        """One object, as soon as it exists and condition(object) is true."""

        def check(items):
            return bool(items) and condition(items[0])

        selector = {"fieldSelector": f"metadata.name={name}"}
        return self.wait_for_all(kind, namespace, check, what, seconds, **selector)[0]

    def wait_gone(self, kind, namespace, name, seconds=60):
        selector = {"fieldSelector": f"metadata.name={name}"}
        self.wait_for_all(kind, namespace, lambda items: not items, f"{kind}/{name} is gone", seconds, **selector)
