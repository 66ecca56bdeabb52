"""Texts that are compared whole. UPDATE_GOLDENS=1 writes them instead."""
import difflib
import os
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden"


def check(name, text):
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    wanted = path.read_text(encoding="utf-8") if path.exists() else f"(there is no {name}: UPDATE_GOLDENS=1 writes it)"
    if text != wanted:
        lines = difflib.ndiff(wanted.splitlines(), text.splitlines())
        raise AssertionError(f"not what {name} has:\n" + "\n".join(lines))
