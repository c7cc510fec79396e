"""`--untrusted`: a scenario runs nothing and reads nothing outside its folder, wherever it lies, seen by the audit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main
from scenarios.reading.loading import from_dict, load
from sim.errors import UserError
from tests.test_trust import FAILING, SCENARIO, assert_kept_to_itself, audited, installed, set_traps

WEIGHTED = """
name = "weighted"
[storyline]
anchor = [
  { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
  { date = 2020-02-21, spot = 97.0 },
]
[agents.maker]
type = "MarketMaker"
[agents.desk]
type = "Hedger"
book = [{ kind = "put", moneyness = 0.95, months = 6, quantity = -1e6 }]
"""
TREASURY = """
[agents.treasury]
type = "FundingDesk"
margin_model = { kind = "weights", factors = "FILE" }
"""
WEIGHTED += TREASURY
WEIGHTS = "factor,weight\nasset,0.2\novernight,0.01\nus2y,0.01\nus10y,0.01\ncredit,0.1\nvol,0.2\n"
RECORD = "date,spx,vix,overnight,us2y,us10y,ig_oas\n" + "".join(
    f"2020-02-{day},{3400 - day},15,1.5,1.4,1.5,1\n" for day in (19, 20)
)
SYSTEM = ("/etc/", "/proc/", "/sys/", "/dev/")  # what Python's own libraries ask of the machine


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a scenario that names a class; a secret lies beside the folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "failing.py").write_text(FAILING)
    (folder / "own.toml").write_text(SCENARIO)
    (folder / "weights.csv").write_text(WEIGHTS)
    (tmp_path / "secret.csv").write_text(WEIGHTS)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("verb", ["check", "show", "risk", "note"])
def test_nothing_is_imported_in_the_working_folder_either(here: Path, verb: str) -> None:
    found = spiral(verb, "own.toml", "--untrusted")
    assert found.exit_code in (0, 2), found.output
    assert verb in ("risk", "note") or found.stderr.startswith("not imported: failing:Fund, failing:Half, so")
    assert "failing" not in sys.modules and str(here) not in sys.path
    assert "here I am" not in found.stdout


def test_nor_what_a_setting_names(here: Path) -> None:
    (here / "record.csv").write_text(RECORD)
    for given in (("own.toml",), ("--history", "record.csv")):
        found = spiral("check", *given, "--untrusted", "--set", "agents.other.type=failing:Fund")
        assert found.exit_code == 0, found.output
        assert "not imported: " in found.stderr and "failing" not in sys.modules


def test_both_flags_contradict_each_other(here: Path) -> None:
    found = spiral("check", "own.toml", "--trust", "--untrusted")
    assert found.exit_code == 2
    assert "--trust and --untrusted are given" in found.stderr


@pytest.mark.parametrize("name", ["json:X", "scenarios.cli:main", "scenarios.__main__:main", "sim.lock:X", "os:system"])
def test_only_our_agents_are_imported_by_name(here: Path, name: str) -> None:
    (here / "own.toml").write_text(SCENARIO.replace("failing:Fund", name))
    assert f"not imported: {name}, " in spiral("check", "own.toml", "--untrusted").stderr


def test_an_audited_check_keeps_to_itself(here: Path, tmp_path: Path) -> None:
    """In a folder of traps, with a record and a file of weights: nothing is run, or read from elsewhere."""
    set_traps(here, tmp_path / "trapped")
    (here / "own.toml").write_text(SCENARIO + TREASURY.replace("FILE", "weights.csv"))
    (here / "record.csv").write_text(RECORD)
    (here / "book.csv").write_text("kind,moneyness,months,notional\nput,0.95,6,-1e9\n")
    for command in (("own.toml",), ("--history", "record.csv", "--book", "book.csv")):
        found = audited(here, "check", *command, "--untrusted")
        assert found["code"] == 0, found["stderr"]
        assert_kept_to_itself(found)
        read = {file for file in found["read"] if not installed(file) and not file.startswith(SYSTEM)}
        read = {file for file in read if not Path(file).is_relative_to(found["aside"]) and Path(file).exists()}
        assert read <= {str(here / name) for name in ("own.toml", "weights.csv", "record.csv", "book.csv")}
    assert not (tmp_path / "trapped").exists()


def linked(folder: Path) -> str:
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    return "link.csv"


def linked_folder(folder: Path) -> str:
    (folder / "out").symlink_to(folder.parent)
    return "out/secret.csv"


def round_and_round(folder: Path) -> str:
    (folder / "round.csv").symlink_to(folder / "round.csv")
    return "round.csv"


def device(folder: Path) -> str:
    (folder / "zero.csv").symlink_to("/dev/zero")
    return "zero.csv"


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe.csv")
    return "pipe.csv"


def itself(folder: Path) -> str:
    (folder / "folder.csv").mkdir()
    return "folder.csv"


ELSEWHERE: dict[str, Callable[[Path], str]] = {
    "absolute": lambda folder: str(folder.parent / "secret.csv"),
    "above": lambda folder: "../secret.csv",
    "above from below": lambda folder: "here/../../secret.csv",
    "device by name": lambda folder: "/dev/zero",
    "nul": lambda folder: "a\\u0000.csv",
    "drive": lambda folder: "C:/secret.csv",
    "share": lambda folder: "\\\\\\\\host\\\\share\\\\x.csv",
    "nothing": lambda folder: " ",
    "link": linked,
    "link of a folder": linked_folder,
    "loop": round_and_round,
    "device": device,
    "pipe": pipe,
    "folder": itself,
}


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of Unix")
@pytest.mark.parametrize("kind", ELSEWHERE)
def test_no_file_outside_the_scenarios_folder_is_read(here: Path, kind: str) -> None:
    (here / "weighted.toml").write_text(WEIGHTED.replace("FILE", ELSEWHERE[kind](here)))
    found = spiral("check", "weighted.toml", "--untrusted")
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1), found.output
    assert "stands beside it" in found.stderr or "no ordinary file" in found.stderr
    assert "agents.treasury.margin_model.factors" in found.stderr


@pytest.mark.skipif(os.name == "nt", reason="links of Unix")
def test_who_trusts_a_scenario_may_link_its_files(here: Path) -> None:
    (here / "weighted.toml").write_text(WEIGHTED.replace("FILE", linked(here)))
    found = spiral("check", "weighted.toml")
    assert found.exit_code == 0, found.stderr
    with pytest.raises(UserError, match="a link to elsewhere"):
        load(here / "weighted.toml", trust=False)


def test_tables_without_a_folder_name_no_file(here: Path) -> None:
    """What was sent over a wire reads nothing of the folder in which its reader works."""
    import tomllib

    tables = tomllib.loads(WEIGHTED.replace("FILE", "weights.csv"))
    assert from_dict(tables).name == "weighted"
    with pytest.raises(UserError, match="this one has no folder"):
        from_dict(tables, trust=False)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of Unix")
def test_a_folder_of_curves_has_no_links_out_and_no_pipes(here: Path) -> None:
    (here / "curves").mkdir()
    (here / "curves" / "2020-02-19.csv").symlink_to(here.parent / "secret.csv")
    command = ("check", "covid_crash_2020", "--curves", "curves", "--untrusted")
    assert "is a link to elsewhere" in spiral(*command).stderr
    (here / "curves" / "2020-02-19.csv").unlink()
    os.mkfifo(here / "curves" / "2020-02-19.csv")
    assert "is no ordinary file" in spiral(*command).stderr
