"""A run of many paths keeps what its report shows: the report is the same, and reads no row of a path."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
import shutil
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from agents.making.market_maker import MarketMaker
from analysis import closing, kept, pnl, summarise
from analysis.by_close import Closes
from analysis.cells import Key, answers_of, table_of
from analysis.moves import moves
from analysis.numbers import Number
from analysis.pages.report import report_page
from analysis.terminal import render
from scenarios import Scenario, load, open_run, run
from scenarios.studies import figures
from sim import aside
from sim.dataset import Run
from sim.ensemble import Others
from sim.errors import SpiralError, UserError
from sim.estimate import without_pulls
from sim.manifest import signed
from tests.small import until

PATHS, CHUNK, WITNESSES = 40, 16, 5
OF_WITNESSES = {"figures", "funding", "trades", "market"}


def made(scenario: Scenario, place: Path) -> Run:
    """A run that keeps its figures, however few its paths are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "MANY", 0)
        return run(scenario, paths=PATHS, workers=1, out=place)


def covid(chunk: int = CHUNK) -> Scenario:
    """Three weeks, in which desks are called and trade."""
    changes = {"run.chunk": chunk, "run.witnesses": WITNESSES, "clock.tick_minutes": 390}
    return until(load("covid_crash_2020", changes), "2020-03-12")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return made(covid(), tmp_path_factory.mktemp("kept") / "run").path


@pytest.fixture(scope="module")
def bare(place) -> Path:
    """The same run without its figures."""
    return without_figures(place)


def without_figures(place: Path) -> Path:
    other = Path(shutil.copytree(place, place.with_name("bare")))
    shutil.rmtree(other / "figures")
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["files"] = {name: file for name, file in manifest["files"].items() if not name.startswith("figures/")}
    (other / "manifest.json").write_text(json.dumps(signed(manifest)))
    return other


def shown(run: Run) -> list[str]:
    """The summary in the terminal as plain lines."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    with without_pulls():
        Console(file=out, width=100).print(render(run))
    return out.getvalue().splitlines()


def test_the_report_is_the_same(place, bare):
    assert report_page(open_run(place)) == report_page(open_run(bare))


def test_so_is_the_summary(place, bare):
    assert shown(open_run(place)) == shown(open_run(bare))


@pytest.mark.parametrize("chunk", [16, 40])
def test_no_digit_depends_on_chunks(place, tmp_path, chunk):
    """Nor on threads: a second run with the same chunks has the same ones too."""
    again = made(covid(chunk), tmp_path / "run")
    assert again.table("figures").collect().equals(open_run(place).table("figures").collect())


def test_rows_laid_aside_are_those_of_the_tables(place, tmp_path, monkeypatch):
    """The figures of a run for which there is no room aside are the same; its columns come from the tables."""
    monkeypatch.setattr(figures, "MOST", 0)
    again = made(covid(), tmp_path / "run")
    assert again.table("figures").collect().equals(open_run(place).table("figures").collect())


def test_a_chunk_that_finds_no_room_is_not_left_out(place, tmp_path, monkeypatch):
    whole = aside._laid

    def full(file, wanted, log, clock):
        if log.paths[0] == CHUNK:
            raise OSError(28, "No space left on device")
        return whole(file, wanted, log, clock)

    monkeypatch.setattr(aside, "_laid", full)
    again = made(covid(), tmp_path / "run")
    assert again.table("figures").collect().equals(open_run(place).table("figures").collect())


def test_what_is_laid_aside_gives_way_to_the_tables(place, tmp_path, monkeypatch):
    """A run that fits on the disk is whole: a table that finds no room takes that of what is laid aside."""
    write, tried = pl.DataFrame.write_parquet, []

    def without_room(self, file, **options):
        tried.append((Path(file).parent.parent / aside.FOLDER).is_dir())
        if tried[-1] and len(tried) > 20:
            raise OSError(28, "No space left on device")
        return write(self, file, **options)

    monkeypatch.setattr(pl.DataFrame, "write_parquet", without_room)
    again = made(covid(), tmp_path / "run")
    assert tried.count(True) == 21 and tried[20:22] == [True, False]
    assert not (again.path / aside.FOLDER).exists()
    again.verify()
    for table in again.tables:
        found, expected = (run.table(table).collect() for run in (again, open_run(place)))
        assert found.sort(found.columns).equals(expected.sort(expected.columns)), table


def test_a_full_disk_is_told_though_room_was_made(tmp_path, monkeypatch):
    def full(*_, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(SpiralError, match="No space left on device"):
        made(covid(), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["covid_crash_2020", pytest.param("gilt_ldi_2022", marks=pytest.mark.slow)])
def test_no_close_is_read_from_the_tables(tmp_path, monkeypatch, name):
    """But from what is laid aside, which is gone then."""
    monkeypatch.setattr(Closes, "of_rows", None)
    scenario = load(name, {"run.chunk": CHUNK, "run.witnesses": 2, "clock.tick_minutes": 390, "run.twin": "none"})
    found = made(scenario, tmp_path / "run")
    assert "figures" in found.tables
    assert not (found.path / aside.FOLDER).exists()


def test_what_cannot_be_laid_aside_is_read(place, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(aside, "_laid", full)
    again = made(covid(), tmp_path / "run")
    assert again.table("figures").collect().equals(open_run(place).table("figures").collect())


class Elsewhere:
    """A free process that finds some shares before this one begins, and fails at the next."""

    count = 1

    def __init__(self, how: int) -> None:
        self.how = how

    def ask(self, question, folder):
        taken, asked = closing._taken, iter(range(self.how))
        found = Future()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(closing, "_taken", lambda share: next(asked, None) is not None and taken(share))
            found.set_result(pickle.loads(pickle.dumps(question(folder))))
        return found


class Killed(Elsewhere):
    def ask(self, question, folder):
        super().ask(question, folder)
        found = Future()
        found.set_exception(BrokenProcessPool("killed"))
        return found


@pytest.mark.parametrize("free", [Elsewhere(0), Elsewhere(4), Elsewhere(11), Killed(4)])
def test_it_does_not_matter_which_process_finds_them(place, bare, free):
    found = closing.figures_of(Run(bare).just_written(), free)
    aside.remove(bare)
    kept_ones = [pl.read_parquet(file) for file in sorted((place / "figures").iterdir())]
    parts = found.partition_by("world", maintain_order=True)
    assert {each["world"][0] for each in parts} == {each["world"][0] for each in kept_ones}
    assert all(any(each.equals(other) for other in kept_ones) for each in parts)


@pytest.mark.parametrize("full", [False, True])
def test_without_room_for_their_marks_one_process_finds_them(place, bare, monkeypatch, full):
    """After rows laid aside gave way, or where the disk is full."""
    if full:
        monkeypatch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    else:
        aside.give_up(bare)
    found = closing.figures_of(Run(bare).just_written(), Elsewhere(4))
    monkeypatch.undo()
    aside.remove(bare)
    kept_ones = pl.concat(pl.read_parquet(file) for file in sorted((place / "figures").iterdir()))
    assert found.sort(found.columns).equals(kept_ones.sort(found.columns))


@pytest.mark.slow
def test_another_worker_helps_to_find_them(place, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "MANY", 0)
    asked = []
    whole = Others.ask
    monkeypatch.setattr(Others, "ask", lambda self, *args: asked.append(args) or whole(self, *args))
    again = run(covid(), paths=PATHS, workers=2, out=tmp_path / "run")
    assert len(asked) == 1
    assert again.table("figures").collect().equals(open_run(place).table("figures").collect())


def test_an_error_at_the_end_loses_no_run(bare, tmp_path, monkeypatch):
    def broken(run):
        raise ZeroDivisionError("no such day")

    monkeypatch.setattr(closing, "ask", broken)
    said = r"the run is whole.*\(ZeroDivisionError: no such day\); reports read its rows"
    with pytest.warns(figures.NoFigures, match=said):
        found = made(covid(), tmp_path / "run")
    assert "figures" not in found.tables
    assert not (found.path / "figures").exists()
    found.verify()
    assert shown(found) == shown(open_run(bare))


def test_neither_reads_a_row_of_every_path(place):
    found = open_run(place)
    report_page(found)
    shown(found)
    assert found._checked <= OF_WITNESSES


def test_the_vol_of_rates_is_kept_too(tmp_path, monkeypatch):
    """Laid aside while the run goes: neither its end nor its report reads a row of a path for it."""
    given = load("covid_crash_2020", {"clock.tick_minutes": 390, "market.rates.vol.usd.start": 0.008})
    with monkeypatch.context() as patch:
        patch.setattr(Closes, "of_rows", lambda *_: pytest.fail("rows of all paths were read"))
        found = open_run(made(until(given, "2020-03-12"), tmp_path / "run").path)
    with without_pulls():
        assert any(row[0] == "Rates vol" for row in moves(found).rows)
    assert found._checked <= OF_WITNESSES


def test_rows_answer_whoever_subtracts_figures(place):
    found = open_run(place)
    assert summarise(found)["pnl"].pull.size == PATHS


def test_the_desk_by_its_name_is_the_same_desk(place):
    found = open_run(place)
    with without_pulls():
        assert pnl.risk(found, agent="hedger") == pnl.risk(found)
    assert found._checked == {"figures"}


def test_other_questions_are_answered_from_the_rows(place, bare):
    with without_pulls():
        mine, other = (pnl.distribution(open_run(each), None, "actual", None, 7) for each in (place, bare))
    assert mine.height == 7
    assert mine.equals(other)


def test_a_run_without_a_desk(tmp_path):
    given = covid()
    alone = dataclasses.replace(given, agents=tuple(a for a in given.agents if isinstance(a, MarketMaker)))
    found = made(alone, tmp_path / "run")
    assert report_page(found) == report_page(open_run(without_figures(found.path)))


@pytest.mark.parametrize(
    ("paths", "tables", "keeps"), [(4_096, None, False), (4_097, None, True), (4_097, ("marks",), False)]
)
def test_which_runs_keep_figures(paths, tables, keeps):
    scenario = load("covid_crash_2020", {"run.paths": paths})
    assert figures.keeps_figures(scenario, tables) is keeps


def test_the_table_is_described(place):
    found = open_run(place)
    assert "report" in found.rows["figures"]
    assert {c.name for c in kept.FIGURES.columns} | {"world"} == set(found.figures.collect_schema())


def test_a_broken_table_is_told(place, tmp_path):
    other = Path(shutil.copytree(place, tmp_path / "run"))
    for file in (other / "figures").iterdir():
        file.write_bytes(b"0" * file.stat().st_size)
    with pytest.raises(UserError, match="as written"):
        report_page(open_run(other))


ANSWERS = {
    Key("pnl.risk"): {
        "var": Number(value=1.5, unit="$", label="VaR", error=0.25),
        "rate": Number(value=math.inf, unit="share", label="Rate"),
    },
    Key("none", "desk", "twin"): {},
    Key("word"): "2020-03-16",
    Key("frame"): pl.DataFrame(
        {
            "time": [datetime(2020, 3, 16, 16, 0, 0, 1)],
            "day": [date(2020, 3, 16)],
            "flag": [True],
            "count": [3],
            "value": pl.Series([None], dtype=pl.Float64),
            "name": ["met"],
        }
    ),
    Key("no columns"): pl.DataFrame(),
    Key("no rows"): pl.DataFrame(schema={"date": pl.Date, "outcome": pl.String}),
}


def test_answers_come_back_as_they_were():
    found = answers_of(table_of(ANSWERS))
    assert found.keys() == ANSWERS.keys()
    for key, answer in ANSWERS.items():
        same = found[key].equals(answer) if isinstance(answer, pl.DataFrame) else found[key] == answer
        assert same, key
        if isinstance(answer, pl.DataFrame):
            assert found[key].schema == answer.schema
