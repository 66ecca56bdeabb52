"""ApiRelay: between a controller and the API server. It ends TLS on both sides, so it sees each call by itself, can
count them, and can do something between the API server's answer and the controller's hearing of it."""
import http.client
import http.server
import ssl
import threading
import urllib.parse

CONNECT_SECONDS = 30
# A connection's own matters, not those of a message (RFC 9110, 7.6.1).
HOP_HEADERS = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Call:
    """One request and the API server's answer."""

    def __init__(self, method, target, status):
        path = urllib.parse.urlsplit(target).path
        self.method = method
        self.path = path
        self.status = status

    @property
    def is_write(self):
        return self.method != "GET"

    @property
    def changed_something(self):
        return self.is_write and self.status < 300

    def __repr__(self):
        return f"{self.method} {self.path} {self.status}"


class ApiRelay:
    """Its threads end with the suite."""

    def __init__(self, plane, name):
        pair = plane.authority.issue(f"relay-{name}", "kube-apiserver", hosts=["127.0.0.1", "kubernetes.default.svc"])
        self.target_port = plane.port("apiserver")
        self.upstream = ssl.create_default_context(cafile=str(plane.authority.certificate))
        self.upstream.check_hostname = False  # by its address; the certificate is checked all the same
        self._lock = threading.Lock()
        self._calls = []
        # Called with each Call that is not a watch before the controller hears of it; True: it never does.
        self.before_answer = None
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        # The handshake is the handler's thread's: the one that accepts must not wait for a client.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def calls(self, match=lambda call: True):
        with self._lock:
            return [call for call in self._calls if match(call)]

    def answered(self, call):
        """Whether the controller may hear of it."""
        with self._lock:
            self._calls.append(call)
        hook = self.before_answer
        return not (hook and hook(call))

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(relay):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536

            def setup(self):
                super().setup()
                self.server_side = http.client.HTTPSConnection(
                    "127.0.0.1", relay.target_port, context=relay.upstream, timeout=None
                )

            def finish(self):
                self.server_side.close()
                super().finish()

            def log_message(self, *arguments):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (OSError, http.client.HTTPException, ValueError):
                    self.close_connection = True  # whoever has gone, the other one is told by that

            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_HEADERS}
                self.server_side.request(self.command, self.path, body or None, headers)
                response = self.server_side.getresponse()
                if "watch=" in self.path and response.status == 200:
                    self.stream(response)
                    return
                data = response.read()
                if not relay.answered(Call(self.command, self.path, response.status)):
                    self.close_connection = True
                    return
                self.head(response, [("Content-Length", str(len(data)))])
                self.wfile.write(data)
                self.wfile.flush()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

            def head(self, response, more):
                self.send_response_only(response.status, response.reason)
                for name, value in response.getheaders():
                    if name.lower() not in HOP_HEADERS:
                        self.send_header(name, value)
                for name, value in more:
                    self.send_header(name, value)
                self.end_headers()

            def stream(self, response):
                self.head(response, [("Transfer-Encoding", "chunked")])
                self.wfile.flush()
                while data := response.read1(65536):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
                self.wfile.flush()

        return Handler
