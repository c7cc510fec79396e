"""The code blocks of the documents, to be run as they stand."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from scenarios.cli import main

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(\w+)[ ]*(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^(?:    )?(spiral .*)$", re.MULTILINE)
SESSION = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
LESSONS = "docs/lessons/"


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
    """The `spiral` commands that a document shows on lines of their own, as arguments, without their comments."""
    lines = SHOWN.findall((ROOT / document).read_text(encoding="utf-8"))
    return [shlex.split(line.partition(" #")[0])[1:] for line in lines]


def few_paths(code: str) -> str:
    """The same example with an ensemble that tests can afford."""
    return re.sub(r"paths=\d+", "paths=16", code)


def python(code: str, folder: Path) -> str:
    """Run a script as a user would, in a folder of its own; what it printed."""
    (folder / "example.py").write_text(code, encoding="utf-8")
    return script("example.py", folder)


def script(name: str, folder: Path) -> str:
    """What a script of that folder prints."""
    done = subprocess.run([sys.executable, name], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stands_on(document: str) -> list[str]:
    """The pages whose files a page takes as saved: a lesson the course's, its solutions the lesson's too."""
    if not document.startswith(LESSONS) or document.endswith("index.md"):
        return []
    lesson = re.sub(r"_(solutions|instructor)\.md$", ".md", document)
    return [f"{LESSONS}index.md", lesson] if lesson != document else [f"{LESSONS}index.md"]


def save(document: str, folder: Path) -> None:
    """Save the files that a page shows, and run nothing."""
    for each in blocks(document):
        if "." in each.label:
            (folder / each.label).write_text(each.text, encoding="utf-8")


def sessions(document: str) -> list[tuple[str, str]]:
    """Every command of the `console` blocks, and what the page shows of its output."""
    return [found for each in blocks(document, "console") for found in SESSION.findall(each.text)]


def follow(document: str, folder: Path) -> None:
    """Do what a page says, from top to bottom, in a folder that is the working one.

    A block with a file's name is saved under it. The commands of a `console` block are given, and what they print is
    compared with what the page shows; `...` stands for any text there. Other blocks are refused: nobody would run them.
    """
    for page in stands_on(document):
        save(page, folder)
    for each in blocks(document):
        if "." in each.label:
            (folder / each.label).write_text(each.text, encoding="utf-8")
            continue
        assert each.language == "console", f"a block of {document} that nothing runs:\n{each.text}"
        for command, shown in SESSION.findall(each.text):
            compare(document, command, shown, folder)


def compare(document: str, command: str, shown: str, folder: Path) -> None:
    """Give a command of a page, and hold what it prints against what the page shows."""
    told = said(command, folder)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    same = not shown or doctest.OutputChecker().check_output(shown, told, flags)
    assert same, f"{document}: {command}\nsays\n{told}\nand not\n{shown}"


def said(command: str, folder: Path) -> str:
    """What a command of a page prints: `spiral ...` or `python FILE`."""
    program, *arguments = shlex.split(command)
    if program == "python":
        return script(*arguments, folder)
    assert program == "spiral", command
    result = CliRunner(env={"COLUMNS": "100"}).invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout
