#!/usr/bin/env python3
"""Writes README.md as it should be today: the rule table and the output of its examples come from the program.

  scripts/readme.py OUT      called by scripts/generate-docs, with `warmgate` on the PATH

The table stands between two marks. A console block whose first line is a command ("$ ...") is run and its output
written anew. A console block without a command is an excerpt of `scripts/quickstart --once`: every line of it must be
one of the output, in that order; one that ends in "..." is the beginning of a line, and a line of "..." alone is a gap.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARKS = ("<!-- rules:begin -->", "<!-- rules:end -->")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def output_of(command):
    """Standard output of a shell command that may exit with 1, as a linter that finds something does."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TERM": "dumb"}
    result = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1) or result.stderr:
        sys.exit(f"readme.py: this example of README.md fails:\n{command}\n{result.stderr}")
    return result.stdout


def with_table(text):
    before, begin, rest = text.partition(f"{MARKS[0]}\n")
    _, end, after = rest.partition(f"\n{MARKS[1]}\n")
    if not begin or not end:
        sys.exit(f"readme.py: README.md needs the lines '{MARKS[0]}' and '{MARKS[1]}': the rule table goes between them")
    return f"{before}{begin}\n{output_of('warmgate explain --all --format table')}{end}{after}"


def check_excerpt(excerpt, output):
    lines = iter(output)
    for wanted in excerpt:
        if wanted.strip() in ("", "..."):
            continue
        begins = wanted.removesuffix("...").rstrip() if wanted.endswith("...") else None
        if not any(line == wanted or (begins and line.startswith(begins)) for line in lines):
            sys.exit(
                "readme.py: README.md shows this line as output of scripts/quickstart, which does not print it there:\n"
                f"{wanted}\nTake the excerpt from its output anew."
            )


def with_examples(text):
    quickstart = []

    def renew(block):
        content = block[1]
        if content.startswith("$ "):
            command = content.splitlines()[0].removeprefix("$ ")
            return f"```console\n$ {command}\n{output_of(command)}```"
        if not quickstart:
            # The server's log and the compiler's output are no part of what it shows.
            quickstart.extend(output_of("scripts/quickstart --once 2>/dev/null").splitlines())
        check_excerpt(content.splitlines(), quickstart)
        return block[0]

    return CONSOLE.sub(renew, text)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pathlib.Path(sys.argv[1]).write_text(with_examples(with_table(text)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
