"""The command line, from the outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main
from scenarios.reading.shipped import presets
from sim.errors import BugError

DAILY = ("--set", "clock.tick_minutes=390")  # a tick a day
SECONDS = 0.5  # of the processor, in which `list` and `--help` must answer


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("argument", ["list", "--help"])
def test_answers_at_once(argument: str) -> None:
    def once() -> float:
        begun = os.times()  # of the processor: other work on the machine does not count
        subprocess.run([sys.executable, "-m", "scenarios", argument], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        ended = os.times()
        return ended.children_user + ended.children_system - begun.children_user - begun.children_system

    assert min(once() for _ in range(5)) < SECONDS


ROOT = Path(__file__).resolve().parents[1]


def test_list_names_every_preset() -> None:
    result = spiral("list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(presets())


@pytest.mark.parametrize("name", presets())
def test_show(name: str) -> None:
    result = spiral("show", name)
    assert result.exit_code == 0, result.output
    for word in ("Storyline", "Spot", "Vol", "10Y", "MarketMaker", "policy", "Feedback"):
        assert word in result.stdout


def test_money_of_a_book_that_is_no_dollars_says_what_it_is() -> None:
    """The risk of the same book beside it is in GBP; both are the same pounds."""
    assert "\n$ stands for GBP.\n" in spiral("show", "sonia_swap_desk").stdout
    assert "GBP/bp" in spiral("risk", "sonia_swap_desk").stdout
    assert "stands for" not in spiral("show", "calm_market").stdout


def test_show_says_the_unit_of_each_parameter() -> None:
    told = spiral("show", "gilt_ldi_2022").stdout
    assert "inventory_limit = 1e9 $ notional, inventory_half_life = 0.5 trading hours" in " ".join(told.split())
    assert "quantity = 58e9 units" in told


def test_what_show_says_of_parameters_can_be_pasted_into_a_file() -> None:
    given = (
        "agents.hedger.capital=1234567890",
        "agents.hedger.policy.kind=band",
        "agents.hedger.policy.width=1.234e-5",
    )
    told = spiral("show", "calm_market", *(arg for each in given for arg in ("--set", each))).stdout
    assert "capital = 1234567890.0 $" in told
    (policy,) = [line.split("policy: ")[1] for line in told.splitlines() if "policy: " in line]
    assert tomllib.loads(policy.replace(", ", "\n"))["width"] == 0.00001234


@pytest.mark.parametrize("ending", ["html", "svg"])
def test_show_draws_a_chart(folder: Path, ending: str) -> None:
    assert spiral("show", "covid_crash_2020", "--chart", f"c.{ending}").exit_code == 0
    assert "<svg" in (folder / f"c.{ending}").read_text() or ending == "html"


def test_new_check_and_keys(folder: Path) -> None:
    assert spiral("new", "mine.toml").exit_code == 0
    assert spiral("check", "mine.toml").stdout.startswith("mine.toml: ok")
    assert spiral("new", "mine.toml").exit_code == 2
    assert spiral("new", "mine.toml", "--force").exit_code == 0
    assert [p.name for p in folder.iterdir()] == ["mine.toml"]
    keys = spiral("keys", "agents.hedger.policy").stdout
    assert "risk_aversion" in keys
    assert "market.beta" not in keys
    assert "market.beta" in spiral("keys").stdout


def test_run_report_and_compare(folder: Path) -> None:
    result = spiral("run", "calm_market", *DAILY, "--paths", "4", "--workers", "1", "--witnesses", "1", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(Path("runs/calm_market-3/report.html"))
    assert (folder / "runs" / "calm_market-3" / "report.html").stat().st_size > 10_000
    (folder / "runs" / "calm_market-3" / "report.html").unlink()
    assert spiral("report", "runs/calm_market-3").exit_code == 0
    assert (folder / "runs" / "calm_market-3" / "report.html").is_file()
    again = spiral(
        "run",
        "calm_market",
        *DAILY,
        "--paths",
        "4",
        "--workers",
        "1",
        "--twin",
        "none",
        "--out",
        "other",
        "--quiet",
        "--no-report",
    )
    assert (again.exit_code, again.output) == (0, "")
    assert not (folder / "other" / "report.html").exists()
    compared = spiral("compare", "runs/calm_market-3", "other")
    assert compared.exit_code == 0, compared.output
    assert "ost of survival" in compared.stdout


def test_run_replaces_an_earlier_run() -> None:
    for _ in range(2):
        size = ("--paths", "2", "--workers", "1", "--twin", "none")
        result = spiral("run", "calm_market", *DAILY, *size, "--no-report", "--quiet")
        assert result.exit_code == 0, result.output


def test_run_a_history_with_a_book(folder: Path) -> None:
    (folder / "record.csv").write_text(
        "date,spx,vix,overnight,us2y,us10y,ig_oas\n2020-02-19,3386,14,1.5,1.4,1.5,1.0\n2020-02-21,3337,17,1.5,1.3,1.4,1.0\n"
    )
    (folder / "book.csv").write_text("kind,moneyness,months,notional\nput,0.9,2,-1e9\n")
    result = spiral(
        "run",
        "--history",
        "record.csv",
        "--book",
        "book.csv",
        "--paths",
        "2",
        "--workers",
        "1",
        "--no-report",
        "--quiet",
    )
    assert result.exit_code == 0, result.output
    assert (folder / "runs" / "record-1" / "manifest.json").is_file()


def test_a_failed_run_is_one_line_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BugError("spot is not finite at tick 3, path 7")

    monkeypatch.setattr("scenarios.studies.run.run", fail)
    result = spiral("run", "calm_market")
    assert (result.exit_code, result.stderr) == (1, "failed: spot is not finite at tick 3, path 7\n")


def test_an_interrupt_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scenarios.studies.run.run", interrupt)
    result = spiral("run", "calm_market")
    assert (result.exit_code, result.stderr) == (130, "interrupted: nothing was kept\n")


def test_an_end_of_file_is_no_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """click takes every EOFError for Ctrl-D."""

    def cut(*_: object, **__: object) -> None:
        raise EOFError("a file is cut short")

    monkeypatch.setattr("scenarios.studies.run.run", cut)
    assert isinstance(spiral("run", "calm_market").exception, EOFError)


@pytest.mark.parametrize("name", ["POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"])
@pytest.mark.parametrize("given", ["0", "-1", "two", "", "²"])
def test_a_number_of_threads_that_is_none(name: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """polars and numba would end in errors of their own as they are imported."""
    monkeypatch.setenv(name, given)
    result = spiral("list")
    said = f"error: {name}: must be a whole number > 0, got {given!r}; set it to 1 or more, or unset it\n"
    assert (result.exit_code, result.stderr) == (2, said)


def test_kernels_need_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    said = "error: NUMBA_DISABLE_JIT: kernels are compiled: Python cannot run them, got '1'; unset it\n"
    assert (spiral("list").exit_code, spiral("list").stderr) == (2, said)


def test_ctrl_c_leaves_nothing_behind(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "scenarios",
        "run",
        "rate_hikes_2022",
        "--paths",
        "3000",
        "--out",
        str(folder / "r"),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not list(folder.glob(".r.*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert re.fullmatch(r"interrupted: .*\n", said), said
    assert list(folder.iterdir()) == []


def test_chart_writes_one_picture(tmp_path: Path) -> None:
    from analysis.charts import CATALOGUE
    from scenarios.reading.loading import load
    from scenarios.studies.run import run

    folder = tmp_path / "run"
    run(load("calm_market", {"clock.tick_minutes": 390, "run.paths": 4}), out=folder, workers=1)
    runner = CliRunner()
    told = runner.invoke(main, ["chart", "--help"]).output
    assert all(name in told for name in CATALOGUE)
    for suffix, begins in ((".png", b"\x89PNG"), (".svg", b"<svg")):
        picture = tmp_path / f"panels{suffix}"
        assert runner.invoke(main, ["chart", str(folder), "panels", str(picture)]).exit_code == 0
        assert picture.read_bytes().startswith(begins)
    wrong = runner.invoke(main, ["chart", str(folder), "panles", str(tmp_path / "x.png")])
    assert wrong.exit_code == 2
    assert "panles" in wrong.output
    assert not (tmp_path / "x.png").exists()


def test_a_what_if_keeps_the_run_that_it_is_compared_with() -> None:
    options = (*DAILY, "--paths", "2", "--workers", "1", "--twin", "none", "--no-report")
    assert spiral("run", "calm_market", *options).stdout.splitlines()[-1] == "runs/calm_market-1"
    other = spiral("run", "calm_market", *options, "--set", "venue.asset.depth=7.5e9")
    assert other.stdout.splitlines()[-1] == "runs/calm_market-1-2"
    said = "note: runs/calm_market-1 holds a run of another content, so this one goes to runs/calm_market-1-2\n"
    assert other.stderr.endswith(said)
    assert spiral("compare", "runs/calm_market-1", "runs/calm_market-1-2").exit_code == 0
