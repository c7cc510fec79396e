"""Every mistake of a user is one line that names the rule, the value, the place and the remedy; exit code 2."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.cli import main

SCENARIO = """
name = "small"

[clock]
tick_minutes = 65

[market]
kappa = 20.0

[market.rates]
corr_spot_us2y = 0.2

[venue.asset]
halts = [0.07, 0.13]

[storyline]
anchor = [
  { date = 2020-02-19, spot = 3386.15, vol = 0.1438, overnight = 0.0159, us2y = 0.0142, us10y = 0.0156, credit = 0.01 },
  { date = 2020-02-28, spot = 2954.22, vol = 0.4011 },
]

[agents.maker]
type = "MarketMaker"
venues = ["asset"]

[agents.hedger]
type = "Hedger"
capital = 3e9
policy.kind = "every"
policy.interval = "30m"
book = [{ kind = "put", moneyness = 0.9, months = 3, notional = -1e9 }]

[agents.treasury]
type = "FundingDesk"
lends_to = ["hedger"]

[run]
paths = 10
"""

HISTORY = """date,spx,vix,overnight,us2y,us10y,ig_oas
2020-02-19,3386.15,14.38,1.59,1.42,1.56,1.02
2020-02-20,3373.23,15.56,1.60,1.39,1.52,1.04
2020-02-21,3337.75,17.08,1.58,1.34,1.46,1.05
"""

BOOK = """kind,moneyness,months,notional
put,0.9,3,-1e9
"""

TABLE = tomllib.loads((Path(__file__).parent / "bad_input.toml").read_text())


def said(*args: str) -> str:
    """What the command says, having checked that it is one line and nothing else, with exit code 2."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("error: ").rstrip("\n")


def told(line: str, message: str) -> bool:
    """Whether the line is the message; the meaning of the key, which its own field gives, may follow."""
    return line == message or (line.startswith(f"{message}; ") and " is: " in line)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_scenario_that_the_table_spoils_is_good(folder: Path) -> None:
    (folder / "good.toml").write_text(SCENARIO)
    assert CliRunner().invoke(main, ["check", "good.toml"]).exit_code == 0


@pytest.mark.parametrize(("old", "new", "message"), TABLE["files"])
def test_wrong_scenario_file(folder: Path, old: str, new: str, message: str) -> None:
    assert old in SCENARIO
    (folder / "bad.toml").write_text(SCENARIO.replace(old, new))
    assert told(said("check", "bad.toml"), f"bad.toml: {message}")
    assert told(said("run", "bad.toml"), f"bad.toml: {message}")
    assert [p.name for p in folder.iterdir()] == ["bad.toml"]  # nothing half-written


@pytest.mark.parametrize(("old", "new", "message"), TABLE["histories"])
def test_wrong_history(folder: Path, old: str, new: str, message: str) -> None:
    assert old in HISTORY
    (folder / "record.csv").write_text(HISTORY.replace(old, new))
    assert told(said("run", "--history", "record.csv"), message)


@pytest.mark.parametrize(("old", "new", "message"), TABLE["books"])
def test_wrong_book(folder: Path, old: str, new: str, message: str) -> None:
    assert old in BOOK
    (folder / "book.csv").write_text(BOOK.replace(old, new))
    assert told(said("run", "calm_market", "--book", "book.csv"), message)


@pytest.mark.parametrize(("setting", "message"), TABLE["overrides"])
def test_wrong_override(setting: str, message: str) -> None:
    assert told(said("run", "covid_crash_2020", "--set", setting), message)


@pytest.mark.parametrize(("command", "message"), TABLE["commands"])
def test_wrong_command(command: str, message: str) -> None:
    assert told(said(*command.split()), message)


def test_file_that_is_not_text(folder: Path) -> None:
    (folder / "bad.toml").write_bytes(b'name = "\xff\xfe"')
    assert said("check", "bad.toml") == "bad.toml: is not UTF-8 text (byte 8); save it as UTF-8"


def test_new_does_not_overwrite(folder: Path) -> None:
    (folder / "mine.toml").write_text("precious")
    assert "the file is there already, got 'mine.toml'" in said("new", "mine.toml")
    assert (folder / "mine.toml").read_text() == "precious"


def test_run_does_not_replace_other_files(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("precious")
    assert "mine" in said("run", "calm_market", "--paths", "2", "--out", "mine")
    assert (folder / "mine" / "thesis.txt").read_text() == "precious"


@pytest.fixture
def broken(folder: Path) -> Path:
    """A folder that says it is a run, with a manifest and one table."""
    run = folder / "run"
    (run / "marks").mkdir(parents=True)
    (run / "marks" / "actual-0000000.parquet").write_bytes(b"1234")
    manifest = {"name": "x", "scenario": {}, "seed": 1, "paths": 1, "worlds": ["actual"]}
    (run / "manifest.json").write_text(json.dumps(manifest | {"files": {"marks/actual-0000000.parquet": 4}}))
    return run


@pytest.mark.parametrize("verb", ["report", "compare"])
@pytest.mark.parametrize("fault", ["no folder", "no manifest", "not json", "keys lacking", "file lacking", "file cut"])
def test_broken_run_folder(broken: Path, verb: str, fault: str) -> None:
    manifest, table = broken / "manifest.json", broken / "marks" / "actual-0000000.parquet"
    if fault == "no folder":
        broken.rename("elsewhere")
    elif fault == "no manifest":
        manifest.unlink()
    elif fault == "not json":
        manifest.write_text("{")
    elif fault == "keys lacking":
        manifest.write_text("{}")
    elif fault == "file lacking":
        table.unlink()
    else:
        table.write_bytes(b"12")
    message = said(verb, "run", *(["run"] if verb == "compare" else []))
    assert "run" in message
    assert "; " in message  # a remedy
