"""Removes what a test run leaves behind when it is killed: processes, network namespaces, folders.

The suite starts this file as a process of its own and tells it, one JSON list a line, what it has made ("add") and what
it has removed itself ("done"). When the pipe ends, because the suite ended in whatever way, SIGKILL too, everything
that is still on the list is removed.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys


def start_time(pid):
    """The start of a process in clock ticks since boot, which tells it from a later one with the same id; 0 if gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[19])


def end_process(pid, started):
    if start_time(pid) == started:
        os.killpg(pid, signal.SIGKILL)


def delete_namespace(name):
    # Its veth pair goes with it, once no process is left inside.
    inside = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False).stdout
    for pid in inside.split():
        os.kill(int(pid), signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def delete_link(name):
    subprocess.run(["ip", "link", "del", name], capture_output=True, check=False)


REMOVERS = {
    "process": end_process,
    "namespace": delete_namespace,
    "link": delete_link,
    "folder": lambda path: shutil.rmtree(path, ignore_errors=True),
}


def main():
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    left = []
    for line in sys.stdin:
        verb, *what = json.loads(line)
        if verb == "add":
            left.append(what)
        elif what in left:
            left.remove(what)
    # The latest first: processes before the folder they write to.
    for kind, *arguments in reversed(left):
        try:
            REMOVERS[kind](*arguments)
        except OSError:
            pass


class Reaper:
    """The suite's end of the pipe."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True, text=True, bufsize=1
        )

    def add(self, kind, *arguments):
        self._tell("add", kind, *arguments)

    def done(self, kind, *arguments):
        self._tell("done", kind, *arguments)

    def _tell(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


if __name__ == "__main__":
    main()
