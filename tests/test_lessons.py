"""The course: its closed forms, its pages that belong together, the figures that instructors quote, its notebooks."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ipykernel.kernelspec import install
from nbclient import NotebookClient

from tests.documents import ROOT, blocks, compare, save, sessions, stands_on

FOLDER = ROOT / "docs" / "lessons"
LESSONS = sorted(
    page.stem for page in FOLDER.glob("[1-6]_*.md") if not page.stem.endswith(("_solutions", "_instructor"))
)
EXERCISE = re.compile(r"^(\d+)\. ", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")


def page(name: str) -> str:
    """The text of a page of the course."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading, to the next one."""
    return re.split(r"^## ", text.split(f"## {title}\n", 1)[1], flags=re.MULTILINE)[0]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that turns pages into notebooks."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import as_notebook

    return as_notebook


def test_there_are_six() -> None:
    assert [lesson[0] for lesson in LESSONS] == list("123456")
    for lesson in LESSONS:
        assert (FOLDER / f"{lesson}_solutions.md").exists() and (FOLDER / f"{lesson}_instructor.md").exists()
        assert f"({lesson}.md)" in page("index")


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_computed_by_hand(lesson: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The closed forms of a lesson, which its laboratory is then held against."""
    monkeypatch.chdir(tmp_path)
    document = f"docs/lessons/{lesson}.md"
    save(document, tmp_path)
    (shown,) = [shown for command, shown in sessions(document) if command == "python by_hand.py"]
    assert shown
    compare(document, "python by_hand.py", shown, tmp_path)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_a_solution(lesson: str) -> None:
    asked = [int(number) for number in EXERCISE.findall(section(page(lesson), "Exercises"))]
    solved = [int(number) for number in re.findall(r"^## (\d+)\. ", page(f"{lesson}_solutions"), re.MULTILINE)]
    assert asked == solved == list(range(1, len(asked) + 1)) and 6 <= len(asked) <= 10


@pytest.mark.parametrize("lesson", LESSONS)
def test_instructors_quote_what_comes_out(lesson: str) -> None:
    """Every figure in code type on an instructor's page stands in an output of the lesson or its solutions."""
    pages = [f"docs/lessons/{lesson}{part}.md" for part in ("", "_solutions")]
    out = " ".join("\n".join(shown for _, shown in sessions(each)) for each in pages).split()
    told = [" ".join(quoted.split()) for quoted in QUOTED.findall(page(f"{lesson}_instructor"))]
    figures = [quoted for quoted in told if re.fullmatch(r"[-−$]*\d[\d.,]* ?(±.*|%|bp|x|\$?m|bn)?", quoted)]
    assert len(figures) >= 5
    assert [figure for figure in figures if figure not in " ".join(out)] == []


@pytest.mark.parametrize("name", [f"{lesson}{part}" for lesson in LESSONS for part in ("", "_solutions")])
def test_a_page_becomes_a_notebook(name: str, made: Any) -> None:
    document = f"docs/lessons/{name}.md"
    book = made.notebook(document)
    nbformat.validate(book)
    code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    for each in (*stands_on(document), document):
        for block in blocks(each):
            assert "." not in block.label or block.text.rstrip() in code
    assert "](" not in "".join(cell.source for cell in book.cells if cell.cell_type == "markdown")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the libraries that talk to the kernel
def test_a_notebook_runs(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter" / name.lower()))
    install(prefix=str(tmp_path), kernel_name="spiral")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    book = made.notebook("docs/lessons/1_delta_hedging.md")
    client = NotebookClient(book, kernel_name="spiral", timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    said = "".join(o.text for cell in book.cells for o in cell.get("outputs", []) if o.output_type == "stream")
    for _, shown in sessions("docs/lessons/1_delta_hedging.md"):
        assert shown.split("\n")[0] in said
    del client
    gc.collect()  # what the client leaves open is warned of here, and not in another test


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_figures_for_slides(lesson: str, tmp_path: Path) -> None:
    """The kit of a lesson: figures in both formats, with titles, and its notebooks."""
    code = f"import kit; from pathlib import Path; kit.make({lesson!r}, Path({str(tmp_path)!r}))"
    environment = os.environ | {"PYTHONPATH": str(FOLDER)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    drawn = sorted((tmp_path / "figures").iterdir())
    assert len(drawn) >= 4 and {file.suffix for file in drawn} == {".svg", ".png"}
    assert all(file.stat().st_size > 5_000 for file in drawn)
    assert sorted(file.name for file in tmp_path.glob("*.ipynb")) == [f"{lesson}.ipynb", f"{lesson}_solutions.ipynb"]
