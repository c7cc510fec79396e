"""Runs and sweeps as workbooks and CSV files: every figure as it is, text as text, and nobody's file lost."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from click.testing import CliRunner, Result

from analysis import open_run, summarise
from analysis.csv_text import csv_text
from analysis.export import run_sheets
from analysis.sweeps.export import sweep_sheets
from analysis.workbook import csv, workbook, write_sheets
from scenarios import run
from scenarios.cli import main
from scenarios.house import ROOMS
from sim.errors import UserError
from tests.policies_made import EVERY, NEVER, lives, write_policies
from tests.small import crisis
from tests.sweeps_made import SIZE, listed, write_sweep
from tests.synthetic_run import write_run

EVIL = ('=HYPERLINK("http://x")', "+A1", "-2+3", "@SUM(A1)", "\t=1", "plain")
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RUN = {"about", "figures", "parts", "attribution", "worst_closes", "book", "daily_desk", "daily_market", "columns"}


def read(content: bytes) -> dict[str, list[list[str | float | None]]]:
    """Cells of a workbook by sheet, row by row; a formula is an error."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        names = [s.attrib["name"] for s in ElementTree.fromstring(parts.read("xl/workbook.xml")).iter(f"{SPACE}sheet")]
        texts = []
        if "xl/sharedStrings.xml" in parts.namelist():
            shared = ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
            texts = ["".join(t.text or "" for t in item.iter(f"{SPACE}t")) for item in shared.iter(f"{SPACE}si")]
        found = {}
        for i, name in enumerate(names):
            sheet = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{i + 1}.xml"))
            assert not list(sheet.iter(f"{SPACE}f")) and not list(sheet.iter(f"{SPACE}hyperlink"))
            found[name] = [_row(row, texts) for row in sheet.iter(f"{SPACE}row")]
    return found


def _row(row: ElementTree.Element, texts: list[str]) -> list[str | float | None]:
    cells: list[str | float | None] = []
    for cell in row.iter(f"{SPACE}c"):
        letters = re.match(r"[A-Z]+", cell.attrib["r"])
        assert letters is not None
        at = 0
        for letter in letters[0]:
            at = 26 * at + ord(letter) - 64
        cells += [None] * (at - 1 - len(cells))
        value = next(cell.iter(f"{SPACE}v")).text or ""
        cells.append(texts[int(value)] if cell.attrib.get("t") == "s" else float(value))
    return cells


def spiral(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = [{"kind": "put", "moneyness": 0.95, "months": 2, "notional": -1e9}, {"kind": "asset", "quantity": 1e5}]
    agents = {"desk": {"type": "Hedger", "capital": 1e9, "book": book}, "maker": {"type": "MarketMaker"}}
    scenario = crisis(
        agents=agents,
        market={"realised_ratio": 0.7, "xi": 0.8},
        title="=1+1 a title that is no formula",
        run={"paths": 12, "witnesses": 0, "twin": "price_taker"},
    )
    return run(scenario, out=tmp_path_factory.mktemp("export") / "run", workers=1).path


def test_every_figure_of_a_run_is_in_the_workbook(folder: Path, tmp_path: Path) -> None:
    done = spiral("export", folder, tmp_path / "out.xlsx")
    assert done.exit_code == 0 and done.output.strip() == str(tmp_path / "out.xlsx")
    found = read((tmp_path / "out.xlsx").read_bytes())
    assert set(found) == RUN
    opened = open_run(folder)
    head, *rows = found["figures"]
    assert head == ["world", "name", "label", "value", "error", "unit"]
    shown = {(row[0], row[1]): row for row in rows}
    for world in ("actual", "price_taker"):
        for name, number in summarise(opened, world=world).items():
            row = shown[world, name]
            assert row[2] == number.label and row[5] == number.unit
            if number.known:
                assert row[3] == pytest.approx(number.value, rel=1e-15)
            if number.error:
                assert row[4] == pytest.approx(number.error, rel=1e-15)
    about = dict(row[:2] for row in found["about"])  # type: ignore[misc]
    assert about["title"] == "=1+1 a title that is no formula" and about["seed"] == "1"
    assert len(found["worst_closes"]) == 1 + 3 * 12
    assert [row[1] for row in found["book"][1:4]][-1] == "the book"
    parts = {(row[0], row[1]): row[3] for row in found["parts"][1:]}
    assert parts["due to feedback", "cost_of_survival"] == pytest.approx(
        parts["actual", "cost_of_survival"] - parts["price_taker", "cost_of_survival"]  # type: ignore[operator]
    )


def test_a_folder_of_csv_files_says_the_same(folder: Path, tmp_path: Path) -> None:
    assert spiral("export", folder, tmp_path / "out").exit_code == 0
    sheets = run_sheets(open_run(folder))
    assert {place.stem for place in (tmp_path / "out").glob("*.csv")} == RUN == set(sheets)
    back = pl.read_csv(tmp_path / "out" / "daily_market.csv", try_parse_dates=True)
    assert back["mid_q50"].to_list() == sheets["daily_market"]["mid_q50"].to_list()
    assert back["time"].to_list() == sheets["daily_market"]["time"].to_list()
    assert "'=1+1 a title" in (tmp_path / "out" / "about.csv").read_text()


def test_one_sheet_as_one_file(folder: Path, tmp_path: Path) -> None:
    assert spiral("export", folder, tmp_path / "a.csv", "--sheet", "attribution").exit_code == 0
    assert pl.read_csv(tmp_path / "a.csv").columns[:3] == ["world", "component", "label"]
    wrong = spiral("export", folder, tmp_path / "b.csv", "--sheet", "figure")
    assert wrong.exit_code == 2 and "sheets: about, figures" in wrong.output and not (tmp_path / "b.csv").exists()
    assert spiral("export", folder, tmp_path / "b.xlsx", "--sheet", "figures").exit_code == 2
    assert spiral("export", folder, tmp_path / "b.txt").exit_code == 2


def test_the_same_run_gives_the_same_bytes(folder: Path) -> None:
    sheets = run_sheets(open_run(folder))
    assert workbook(sheets) == workbook(sheets)


def test_text_is_never_a_formula() -> None:
    frame = pl.DataFrame({"text": EVIL, "number": [-1.5, None, float("nan"), 4.0, 5.0, 6.0]})
    _, *rows = read(workbook({"sheet": frame}))["sheet"]
    assert [row[0] for row in rows] == list(EVIL)
    assert rows[0][1] == -1.5 and rows[1][1:] == [] and rows[2][1:] == [] and rows[3][1] == 4.0
    back = pl.read_csv(csv(frame))
    assert back["text"].to_list() == [f"'{text}" for text in EVIL[:-1]] + ["plain"]
    assert back["number"][0] == -1.5


def test_no_csv_of_ours_holds_a_formula() -> None:
    frame = pl.DataFrame({"=A1": ["＝1+1", "-2.5%", "+1e-4 bp", "\x1b[2Jx"], "b": [-1.0, 2.0, 3.0, 4.0]})
    assert csv_text(frame) == "'=A1,b\n'＝1+1,-1.0\n-2.5%,2.0\n+1e-4 bp,3.0\n\N{REPLACEMENT CHARACTER}[2Jx,4.0\n"
    rooms = Path(__file__).resolve().parents[1]
    files = [file for room in ROOMS for file in (rooms / room).rglob("*.py")]
    assert [file.name for file in files if ".write_csv(" in file.read_text(encoding="utf-8")] == ["csv_text.py"]


def test_a_workbook_that_somebody_changed_is_kept(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "out.xlsx"
    assert spiral("export", folder, place).exit_code == 0
    assert spiral("export", folder, place).exit_code == 0  # as it was written: replaced
    changed = io.BytesIO()
    with zipfile.ZipFile(place) as old, zipfile.ZipFile(changed, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            new.writestr(item, content.replace(b"<v>", b"<v>1", 1) if "sheet2" in item.filename else content)
    for somebodys in (changed.getvalue(), b"notes", b""):
        place.write_bytes(somebodys)
        refused = spiral("export", folder, place)
        assert refused.exit_code == 2 and "not as Spiral wrote it" in refused.output
        assert place.read_bytes() == somebodys
    assert spiral("export", folder, place, "--force").exit_code == 0
    assert "figures" in read(place.read_bytes())


def test_one_sheet_as_csv_is_named_and_replaces_nothing(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "out.csv"
    nameless = spiral("export", folder, place, "--sheet", "")
    assert nameless.exit_code == 2 and "a sheet has a name" in nameless.output and not place.exists()
    assert spiral("export", folder, place).exit_code == 0
    refused = spiral("export", folder, place)
    assert refused.exit_code == 2 and "a CSV file does not say who wrote it" in refused.output
    assert spiral("export", folder, place, "--force").exit_code == 0


def test_tables_are_not_put_among_those_of_a_run(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    for place in (folder, folder.parent):
        refused = spiral("export", folder, place)
        assert refused.exit_code == 2 and "not exported into a folder of runs" in refused.output
    assert sorted(folder.rglob("*")) == before


def test_files_of_a_folder_that_are_somebodys_are_kept(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert spiral("export", folder, out).exit_code == 0
    (out / "mine.csv").write_text("notes")
    gone = json.loads((out / "export.json").read_text())
    gone["files"]["old.csv"] = gone["files"]["book.csv"]
    (out / "old.csv").write_bytes((out / "book.csv").read_bytes())  # of an earlier export with another sheet
    (out / "export.json").write_text(json.dumps(gone))
    assert spiral("export", folder, out).exit_code == 0
    assert (out / "mine.csv").read_text() == "notes" and not (out / "old.csv").exists()
    (out / "book.csv").write_text("my own")
    refused = spiral("export", folder, out)
    assert refused.exit_code == 2 and "book.csv" in refused.output and (out / "book.csv").read_text() == "my own"
    single = tmp_path / "a.csv"
    single.write_text("x")
    assert spiral("export", folder, single).exit_code == 2 and single.read_text() == "x"


def test_a_sweep_and_a_frontier(tmp_path: Path) -> None:
    sweep = write_sweep(tmp_path / "sweep", [listed(SIZE, [0.5, 1.0, 2.0])])
    assert spiral("export", sweep, tmp_path / "sweep.xlsx").exit_code == 0
    found = read((tmp_path / "sweep.xlsx").read_bytes())
    assert set(found) == {"about", "axes", "metrics", "cells"} and len(found["cells"]) == 4
    result = write_policies(tmp_path / "policies", [(EVERY, lives(5.0)), (NEVER, lives(9.0))])
    sheets = sweep_sheets(result)
    assert sheets["frontier"].filter(world="actual")["cost"].to_list() == pytest.approx([5e6, 9e6])
    assert spiral("export", tmp_path / "policies", tmp_path / "f.csv", "--sheet", "frontier").exit_code == 0
    assert pl.read_csv(tmp_path / "f.csv")["policy"].n_unique() == 2
    wrong = spiral("export", tmp_path / "policies", tmp_path / "g.csv", "--agent", "desk")
    assert wrong.exit_code == 2 and "--agent" in wrong.output


def test_without_the_library_a_line_says_what_to_do(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    done = spiral("export", folder, tmp_path / "out.xlsx")
    assert done.exit_code == 2 and "pip install 'spiral-crisis[export]'" in done.output
    assert spiral("export", folder, tmp_path / "out").exit_code == 0


def test_more_rows_than_a_sheet_has() -> None:
    long = pl.DataFrame({"x": pl.int_range(0, 1_048_576, eager=True)})
    with pytest.raises(UserError, match="at most 1,048,576 rows"):
        workbook({"long": long})


def test_a_file_whose_folder_is_missing_is_made(tmp_path: Path) -> None:
    write_sheets(tmp_path / "new" / "a.csv", {"x": pl.DataFrame({"a": [1]})}, sheet="x")
    assert (tmp_path / "new" / "a.csv").read_text() == "a\n1\n"


def test_no_digit_of_several_desks_depends_on_threads(tmp_path: Path) -> None:
    """Desks, parts of the loss and paths are added up in an order of their own."""
    made = write_run(tmp_path / "run", paths=400, days=8, hedgers=("d", "b", "a", "c"))
    for threads in ("1", "4"):
        call = [sys.executable, "-m", "scenarios", "export", str(made), str(tmp_path / threads), "--agent", "all"]
        subprocess.run(call, env=os.environ | {"POLARS_MAX_THREADS": threads}, check=True, capture_output=True)
    for sheet in sorted(RUN - {"book"}):
        one, four = ((tmp_path / threads / f"{sheet}.csv").read_bytes() for threads in ("1", "4"))
        assert one == four, sheet
