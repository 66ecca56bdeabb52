"""Program: a `warmgate` process as a test sees it: its JSON log, its health listener, its signals."""
import json
import signal
import urllib.error
import urllib.request


class Program:
    def __init__(self, process):
        self._process = process
        self.health = None
        self._log_start = 0
        self.skip_log()

    def skip_log(self):
        """The log is the process's own, but a restart continues it: what it has said so far does not count."""
        log = self._process.log
        self._log_start = log.stat().st_size if log.exists() else 0

    def log_entries(self, message=None):
        """The JSON lines of its log since it was started last."""
        with self._process.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in entries if message is None or entry.get("message") == message]

    def get(self, path):
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://{self.health}{path}", timeout=5) as response:
                return response.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def running(self):
        return self._process.running()

    def terminate(self):
        self._process.send(signal.SIGTERM)

    def reload(self):
        self._process.send(signal.SIGHUP)

    def pause(self):
        """It still accepts connections, by the kernel, and answers nothing."""
        self._process.send(signal.SIGSTOP)

    def resume(self):
        self._process.send(signal.SIGCONT)

    def wait(self, seconds=30):
        return self._process.wait(seconds)
