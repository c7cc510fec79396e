"""What is printed: any text on any stream, and an exit code that tells when it could not be written."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import scenarios.commands.output  # noqa: F401 - registers the error handler
from scenarios.cli import Spiral, main
from scenarios.commands.screen import Screen
from sim.errors import UserError
from sim.screen.panel import Panel
from sim.screen.table import Table
from sim.screen.text import Text
from sim.text import one_line, plain

ROOT = Path(__file__).resolve().parents[1]
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
SAYS = "−$32.0m ± 0.9m · “Société” … ▁▃█ ┌─│ 深 \N{GREEK SMALL LETTER SIGMA} \udcff"
STEERING = "\x1b[2J\x1b]8;;http://x\x07a\x07\u202eb\u2066\x00\r\x9b"


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    {
        "ascii": "-$32.0m +/- 0.9m - \"Societe\" ... _-# +-| ? ? ?",
        "latin-1": "-$32.0m ± 0.9m · \"Société\" ... _-# +-| ? ? ?",
        "cp1252": "-$32.0m ± 0.9m · “Société” … _-# +-| ? ? ?",
        "utf-16": SAYS.replace("\udcff", "?"),
        "utf-8": SAYS.replace("\udcff", "?"),
    }.items(),
)  # fmt: skip
def test_what_an_encoding_lacks_is_replaced(encoding: str, wanted: str) -> None:
    assert SAYS.encode(encoding, "spiral").decode(encoding) == wanted


def test_no_text_steers_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    table = Table("head", title=STEERING)
    table.add_column(STEERING)
    table.add_row("[/] [red]x", STEERING)
    table.add_row("[/] [red]x", STEERING)
    framed = Panel(Text(STEERING), title=STEERING, subtitle=STEERING)
    Screen(80, styled=False, coloured=False).print(framed, table, STEERING)
    assert not set(out.getvalue()) & set("\x1b\x07\x00\r\x9b\u202e\u2066")
    assert "[/] [red]x" in out.getvalue()


def test_no_text_steers_an_error() -> None:
    said = str(UserError(f"a {STEERING}\nrule", value=STEERING, place=STEERING, remedy=f"mend\n{STEERING}"))
    assert said.isprintable()
    assert plain("tab\tand\nline") == "tab\tand\nline"
    assert one_line(" two\n  words ") == "two words"


def call(*args: str) -> int:
    with pytest.raises(SystemExit) as left:
        main.main(list(args))
    return int(left.value.code or 0)


@pytest.mark.slow
@FULL
def test_a_run_whose_summary_cannot_be_printed_is_kept_with_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = open("/dev/full", "w")  # noqa: SIM115 - closed below
    monkeypatch.setattr(sys, "stdout", full)
    out = tmp_path / "r"
    assert call("run", "calm_market", "--paths", "2", "--workers", "1", "--out", str(out)) == 1
    assert capsys.readouterr().err == "failed: the output could not be written: No space left on device\n"
    assert {"manifest.json", "report.html"} <= {place.name for place in out.iterdir()}
    monkeypatch.undo()
    full.close()  # leads nowhere by now


def shell(command: str, **environment: str) -> tuple[int, bytes, bytes]:
    spiral = f"{sys.executable} -m scenarios"
    done = subprocess.run(
        ["sh", "-c", command.replace("spiral", spiral)],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout, done.stderr


LOST = b"failed: the output could not be written: "


@FULL
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("spiral list > /dev/full", 1, LOST + b"No space left on device\n"),
        ("spiral list >&-", 1, LOST + b"it is closed\n"),
        ("spiral check no.toml 2> /dev/full", 2, b""),
        ("spiral check no.toml >&- 2>&- <&-", 2, b""),
        ("spiral list > /dev/full 2> /dev/full", 1, b""),
        ("spiral list <&- > /dev/null", 0, b""),
        ("spiral list | true", 0, b""),
    ],
)
def test_outputs_that_lead_nowhere(command: str, code: int, said: bytes) -> None:
    assert shell(command)[::2] == (code, said)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_a_pipe_of_another_encoding(encoding: str) -> None:
    how = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C", "COLUMNS": "20", "TERM": "dumb"}
    code, out, err = shell("spiral show calm_market", **how)
    assert (code, err) == (0, b"")
    assert "Storyline" in out.decode(encoding)


def broken(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError("one\n\x1btwo")


def test_a_bug_is_one_line_and_no_secret_to_who_calls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scenarios.commands.keys.print_keys", broken)
    with pytest.raises(SystemExit) as left:
        main(["keys"])
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("bug: ZeroDivisionError: one \N{REPLACEMENT CHARACTER}two at test_output.py:")
    assert said.endswith("; please report it; SPIRAL_TRACEBACK=1 shows all\n")
    assert said.count("\n") == 1
    assert isinstance(CliRunner().invoke(main, ["keys"]).exception, ZeroDivisionError)


@pytest.mark.parametrize(("part", "error"), [("raise OSError('no .so')", "OSError"), ("def use(): plr", "NameError")])
def test_a_library_that_cannot_be_loaded_is_no_bug(
    part: str, error: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    """With too little memory one fails as it is imported, another at the first use of what it could not load."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / f"lacking_{error}.py").write_text(part)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(
        "scenarios.commands.keys.print_keys", lambda *_, **__: importlib.import_module(f"lacking_{error}").use()
    )
    with pytest.raises(SystemExit) as left:
        main(["keys"])
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith(f"failed: the library lacking_{error} cannot be loaded: allow the process more memory")
    assert f"({error}: " in said


def test_a_bug_of_an_installed_spiral_is_one(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    """Its own folders then lie in site-packages, as a library's do."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "faulty_part.py").write_text("def use(): missing")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr("agents.watching.frames.OURS", (str(folder / "faulty_part"),))
    monkeypatch.setattr(
        "scenarios.commands.keys.print_keys", lambda *_, **__: importlib.import_module("faulty_part").use()
    )
    with pytest.raises(SystemExit):
        main(["keys"])
    assert capsys.readouterr().err.startswith("bug: NameError")


DENIED = PermissionError(13, "Permission denied", "x")
NO_BUGS = {"failed: out of memory": MemoryError(), "failed: Permission denied: x": DENIED}


@pytest.mark.parametrize("said", NO_BUGS)
def test_what_is_no_bug(said: str, monkeypatch: Any, capsys: Any) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise NO_BUGS[said]

    monkeypatch.setattr(Spiral, "main", fail)
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith(said)


def test_a_working_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setattr("scenarios.commands.keys.print_keys", lambda prefix: os.getcwd())
    gone.rmdir()
    with pytest.raises(SystemExit) as left:
        main(["keys"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said == "error: the working folder has been removed; change into one that exists\n"


def test_leaving_python_is_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("scenarios.commands.keys.print_keys", lambda prefix: sys.exit(0))
    assert call("keys") == 1
    assert capsys.readouterr().err.startswith("failed: something left Python (sys.exit(0))")


def test_what_nobody_sees_is_replaced() -> None:
    """Every character that steers or is invisible, by Unicode's own categories."""
    hidden = [
        chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) in ("Cc", "Cf", "Zl", "Zp", "Cs")
    ]
    left = [c for c in hidden if c not in "\t\n" and plain(c) != "\N{REPLACEMENT CHARACTER}"]
    assert left == []
    assert plain("Crise à 50 €, 日本\tok\n") == "Crise à 50 €, 日本\tok\n"
