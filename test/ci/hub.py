"""Hub: a server on the loopback address that answers `hf download` and `hf cache verify` as the Hugging Face Hub does, or
refuses as it does. One repository with one commit."""
import hashlib
import http.server
import json
import threading
import urllib.parse

REPO = "Qwen/Qwen3-32B"
COMMIT = "9216db5781bf21249d130ec9da846c4624c16137"
FILES = {
    "config.json": b'{"a": 1}\n',
    "README.md": b"hi\n",
    "model-00001-of-00001.safetensors": bytes(range(256)) * 1000,
    "sub dir/tok en.json": b"{}",
    "original/consolidated.pth": b"x" * 1000,
}

# What the Hub answers to every question: status, X-Error-Code, X-Error-Message.
REFUSALS = {
    "no such repository": (404, "RepoNotFound", "Repository not found"),
    "no such repository, without a token": (401, "RepoNotFound", "Repository not found"),
    "a token that is not valid": (401, None, "Invalid credentials in Authorization header"),
    "a token without the right": (403, None, "fine-grained token lacks access"),
    "a server in trouble": (500, None, None),
}


def is_large(name):
    return name.endswith((".safetensors", ".pth"))


def etag(name):
    """The SHA-256 of what is in LFS, else git's own of a blob."""
    content = FILES[name]
    if is_large(name):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def tree():
    out = []
    for name, content in FILES.items():
        entry = {"type": "file", "path": name, "size": len(content), "oid": etag(name)}
        if is_large(name):
            entry |= {"oid": "0" * 40, "lfs": {"oid": etag(name), "size": len(content), "pointerSize": 130}}
        out.append(entry)
    return out


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *arguments):  # pylint: disable=redefined-builtin
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, value):
        self.answer(200, json.dumps(value).encode(), Content_Type="application/json")

    def do_GET(self):  # pylint: disable=invalid-name
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        mode = self.server.mode
        if mode in REFUSALS:
            status, code, message = REFUSALS[mode]
            self.answer(status, b"", X_Error_Code=code, X_Error_Message=message)
        elif path == f"/api/models/{REPO}/tree/{COMMIT}":
            self.json(tree())
        elif path == f"/api/models/{REPO}/revision/{COMMIT}" and mode != "no such commit":
            self.json({"id": REPO, "sha": COMMIT, "siblings": [{"rfilename": name} for name in FILES], "tags": []})
        elif path.startswith("/api/models/"):
            self.answer(404, b"", X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
        elif mode == "a gated repository":
            self.answer(403, b"", X_Error_Code="GatedRepo", X_Error_Message="Access to model is restricted")
        else:
            self.file(path.removeprefix(f"/{REPO}/resolve/{COMMIT}/"))

    do_HEAD = do_GET

    def file(self, name):
        content = FILES[name]
        if self.server.mode == "a byte that is wrong" and name.endswith(".safetensors"):
            content = b"!" + content[1:]
        self.answer(200, content, ETag=f'"{etag(name)}"', X_Repo_Commit=COMMIT)


class Hub:
    """With it the server runs; `mode` says how it answers."""

    def __enter__(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.mode = "ok"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def mode(self):
        return self._server.mode

    @mode.setter
    def mode(self, mode):
        self._server.mode = mode
