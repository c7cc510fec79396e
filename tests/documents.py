"""The code blocks of the documents, to be run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(\w+)[ ]*(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (spiral .*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the word after it, its text."""

    language: str
    label: str
    text: str


def blocks(document: str, language: str = "", label: str | None = None) -> list[Block]:
    """The fenced blocks of a document of the repository, of a language and a label if given."""
    found = [Block(*match) for match in FENCE.findall((ROOT / document).read_text(encoding="utf-8"))]
    return [b for b in found if language in ("", b.language) and label in (None, b.label)]


def block(document: str, language: str, label: str = "") -> str:
    """The one block of that language and label."""
    (found,) = blocks(document, language, label)
    return found.text


def commands(document: str) -> list[list[str]]:
    """The `spiral` commands shown on indented lines, as arguments, without their comments."""
    lines = INDENTED.findall((ROOT / document).read_text(encoding="utf-8"))
    return [line.partition(" #")[0].split()[1:] for line in lines]


def few_paths(code: str) -> str:
    """The same example with an ensemble that tests can afford."""
    return re.sub(r"paths=\d+", "paths=16", code)


def python(code: str, folder: Path) -> str:
    """Run a script as a user would, in a folder of its own; what it printed."""
    (folder / "example.py").write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, "example.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def links(document: str) -> list[Path]:
    """The files of the repository that a document points to."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [(ROOT / document).parent / target for target in LINK.findall(text) if "://" not in target]
