"""Relay: the way from the webhook's host to the API server, which listens on loopback only. It can be cut, and it can
fall silent."""
import contextlib
import socket
import threading

CHUNK = 65536
CONNECT_SECONDS = 5


class Relay:
    """Forwards TCP connections to a port of 127.0.0.1. Its threads end with the suite."""

    def __init__(self, address, target_port):
        self._target_port = target_port
        self._blocked = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server((address, 0))
        self.address = f"{address}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def block(self):
        """Every connection ends, and new ones do at once: the API server cannot be reached from there."""
        self._blocked.set()
        self.cut()

    def unblock(self):
        self._blocked.clear()

    def freeze(self):
        """Nothing passes and nothing ends, as behind a load balancer that forgot its connections: new ones are taken by
        the kernel, and nobody answers on them."""
        self._flowing.clear()

    def thaw(self):
        self._flowing.set()

    def cut(self):
        """Ends every connection; new ones are served."""
        with self._lock:
            doomed, self._open = self._open, set()
        for each in doomed:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()
        self.block()
        self.thaw()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self._flowing.wait()
        if self._blocked.is_set():
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target_port), CONNECT_SECONDS)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            blocked = self._blocked.is_set()  # since the look above, perhaps: then nobody would end these two
            if not blocked:
                self._open |= {client, server}
        if blocked:
            client.close()
            server.close()
            return
        back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
        back.start()
        self._copy(client, server)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _copy(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                self._flowing.wait()
                target.sendall(data)
        self._flowing.wait()
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
