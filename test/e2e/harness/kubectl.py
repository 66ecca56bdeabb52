"""kubectl as a person runs it: what it prints is what a user sees."""
import json
import os
import subprocess

from .processes import clean_environment, mortal

KUBECTL_SECONDS = 120


class Answer:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def text(self):
        """What appears in the terminal: this suite's commands print results or complaints, in this order."""
        return self.out + self.err


class Kubectl:
    def __init__(self, program, kubeconfig, home):
        self._program = str(program)
        self._environment = clean_environment(KUBECONFIG=str(kubeconfig), HOME=str(home), PATH=os.environ["PATH"])

    def __call__(self, *arguments, text=None, cwd=None):
        done = subprocess.run(
            mortal([self._program, *arguments]),
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env=self._environment,
            timeout=KUBECTL_SECONDS,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments, text=None, cwd=None):
        """Like calling it, but anything else than success fails the test with what kubectl said."""
        answer = self(*arguments, text=text, cwd=cwd)
        assert answer.code == 0, f"kubectl {' '.join(map(str, arguments))}: {answer.code}\n{answer.text}"
        return answer

    def documents(self, *arguments, text=None, cwd=None):
        """The objects that kubectl prints as JSON: one, a list, or one after the other."""
        out = self.ok(*arguments, "-o", "json", text=text, cwd=cwd).out.lstrip()
        found = []
        while out:
            document, end = json.JSONDecoder().raw_decode(out)
            found += document["items"] if document["kind"].endswith("List") else [document]
            out = out[end:].lstrip()
        return found
