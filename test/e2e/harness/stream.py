"""Questions: the same dry run again and again from several threads, with a count of the answers."""
import collections
import concurrent.futures
import contextlib
import http.client
import threading

from .api import ApiError
from .objects import violating_deployment
from .processes import wait_until

THREADS = 3


class Questions:
    def __init__(self, api, namespace="default"):
        self._api = api
        self._document = violating_deployment(namespace, "probe")
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.answers = collections.Counter()

    def _ask(self):
        try:
            reply = self._api.create(self._document, dryRun="All")
        except ApiError as error:
            return "denied" if "denied the request" in error.message else f"failed: {error.message}"
        except (OSError, http.client.HTTPException) as error:
            return f"failed: {error}"
        return "warned" if any(text.startswith("WG101 ") for text in reply.warnings) else "admitted"

    def _run(self):
        while not self._stopped.is_set():
            answer = self._ask()
            with self._lock:
                self.answers[answer] += 1

    @contextlib.contextmanager
    def running(self):
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            threads = [pool.submit(self._run) for _ in range(THREADS)]
            try:
                yield self
            finally:
                self._stopped.set()
            for each in threads:
                each.result()

    def wait_for(self, answer, more=THREADS + 1):
        """Until that answer was given so many times more: by then one was asked after this call began."""
        before = self.answers[answer]
        wait_until(lambda: self.answers[answer] >= before + more, 30, f"more answers are {answer!r}")
