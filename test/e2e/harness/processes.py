"""Processes that end with the suite, the ports they listen on, and waiting with a deadline."""
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

from .reaper import start_time

STOP_SECONDS = 30

# A proxy of the machine must not come between parts of one control plane.
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def clean_environment(**extra):
    kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXY_VARIABLES}
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        kept.pop(name, None)
    return {**kept, **extra}


def wait_until(condition, seconds, what):
    """The first true value of condition(); it is asked again and again until the deadline."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def mortal(command):
    """The command so that the kernel kills it (PR_SET_PDEATHSIG) when the thread that started it ends."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)]


class Port:
    """A port of 127.0.0.1 from the kernel. It stays bound here without listening, so nobody else is given it; the
    program that shall have it binds it too, which SO_REUSEPORT on both sides allows."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def close(self):
        self._socket.close()


def loopback_address():
    """One of 127.0.0.0/8 that nobody else has, for a program that cannot share its port as Port wants it."""
    return f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"


class Process:
    """One program, in a process group of its own, with its output in a file. It dies with the suite: the kernel kills
    it when the suite's process ends, and the reaper does where that does not reach.

    Start it from the main thread only: see mortal().
    """

    def __init__(self, name, command, log, reaper, namespace=None, environment=None):
        self.name = name
        self.log = pathlib.Path(log)
        inside = ["ip", "netns", "exec", namespace] if namespace else []
        self._command = [*inside, *mortal(command)]
        self._environment = environment or clean_environment()
        self._reaper = reaper
        self._process = None
        self._registered = None

    def start(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment,
            )
        self._registered = ("process", self._process.pid, start_time(self._process.pid))
        self._reaper.add(*self._registered)

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process is not None and self._process.poll() is None

    def wait_ready(self, ready, seconds):
        """Waits until ready() is true; a program that has ended is reported at once, with its last words."""

        def check():
            if not self.running():
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}:\n{self.tail()}")
            return ready()

        try:
            wait_until(check, seconds, f"{self.name} is ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.tail()}") from None

    def send(self, number):
        if self.running():
            os.killpg(self.pid, number)

    def wait(self, seconds=STOP_SECONDS):
        """The exit code."""
        code = self._process.wait(seconds)
        self._reaper.done(*self._registered)
        return code

    def stop(self, number=signal.SIGTERM, seconds=STOP_SECONDS):
        """Ends it, with SIGKILL when it does not by itself; the exit code."""
        if self._process is None:
            return None
        self.send(number)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            return self.wait()

    def tail(self, lines=40):
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
