"""Texts that are compared whole. UPDATE_GOLDENS=1 writes them instead."""
import os
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden"


def check(name, text):
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    wanted = path.read_text(encoding="utf-8") if path.exists() else f"(there is no {name}: UPDATE_GOLDENS=1 writes it)"
    assert text == wanted
