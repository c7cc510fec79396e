"""A scenario that changes another: what it inherits, what replaces it, and what cannot be a base."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scenarios import from_dict, load
from scenarios.cli import main
from sim.errors import UserError

COVID = load("covid_crash_2020").to_dict()


def based(**tables: Any) -> dict[str, Any]:
    """A scenario on the covid crash."""
    return {"base": "covid_crash_2020", "name": "mine", **tables}


def written(folder: Path, name: str, text: str) -> Path:
    """A scenario file."""
    file = folder / f"{name}.toml"
    file.write_text(f'name = "{name}"\n' + text)
    return file


def test_what_is_not_said_is_the_bases() -> None:
    made = from_dict(based()).to_dict()
    words = ("name", "title", "description", "regime", "notes")
    assert {k: v for k, v in made.items() if k not in words} == {k: v for k, v in COVID.items() if k not in words}
    assert made["title"] == "mine"
    assert made["regime"] == made["description"] == ""


def test_tables_are_laid_over_tables_and_lists_replace_lists() -> None:
    book = [{"kind": "call", "moneyness": 1.0, "months": 2, "notional": -1e9}]
    made = from_dict(based(agents={"hedger": {"capital": 2e9, "book": book}, "bank": {"capital": 3e9}}))
    wanted = {"agents.hedger.capital": 2e9, "agents.hedger.book": book, "agents.bank.capital": 3e9}
    same = load("covid_crash_2020", wanted)
    assert made.agents == same.agents
    assert made.storyline == same.storyline


def test_a_table_of_another_kind_has_none_of_the_bases_keys() -> None:
    hedger = {"policy": {"kind": "band", "width": 0.05}}
    made = from_dict(based(agents={"hedger": hedger, "fast_maker": {"type": "TrendFollower", "capital": 1e9}}))
    policy = made.to_dict()["agents"]["hedger"]["policy"]
    assert policy["kind"] == "band"
    fund = made.to_dict()["agents"]["fast_maker"]
    assert fund["type"] == "TrendFollower"
    assert "depth_share" not in fund


def test_anchors_are_laid_over_those_of_their_date() -> None:
    rows = COVID["storyline"]["anchor"]
    first, last = str(rows[0]["date"]), str(rows[-1]["date"])
    more = [{"date": last, "credit": 0.05}, {"date": "2020-03-15", "depth": 0.5}]
    made = from_dict(based(storyline={"anchors": "exogenous", "anchor": more})).storyline
    assert len(made.anchor) == len(rows) + 1
    assert str(made.anchor[0].date) == first
    assert (str(made.anchor[-1].date), made.anchor[-1].credit) == (last, 0.05)
    assert made.anchor[-1].spot == rows[-1]["spot"]
    assert [row.date for row in made.anchor] == sorted(row.date for row in made.anchor)


def test_a_base_of_a_base_beside_the_file(tmp_path: Path) -> None:
    written(tmp_path, "middle", 'base = "calm_market"\n[agents.hedger]\ncapital = 5e8\n')
    top = written(tmp_path, "top", 'base = "middle.toml"\n[run]\npaths = 7\n')
    made = load(top)
    assert (made.name, made.run.paths) == ("top", 7)
    assert {a.name: a for a in made.agents}["hedger"].capital == 5e8
    assert load(top, {"agents.hedger.capital": 6e8}).to_dict()["agents"]["hedger"]["capital"] == 6e8


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"base": "covid"}, "base: no such preset, got 'covid'"),
        ({"base": 3}, "base: must be the name of a preset, or of a file beside this one, got 3"),
        ({"base": "../other.toml"}, "base: a file of a scenario stands beside it"),
        ({"base": "missing.toml"}, "base: no such file beside this one, got 'missing.toml'"),
        ({"bases": "covid_crash_2020", "base": "calm_market"}, "bases: unknown key; did you mean 'base'?"),
        ({"base": "calm_market", "agents": {"hedger": 3}}, "agents.hedger"),
        ({"base": "calm_market", "agents": 3}, "agents"),
        ({"base": "calm_market", "storyline": 3}, "storyline"),
        ({"base": "calm_market", "storyline": {"anchor": [3]}}, "storyline.anchor"),
        ({"base": "calm_market", "storyline": {"anchor": [{"date": [1]}]}}, "storyline.anchor"),
        ({"base": "calm_market", "storyline": {"anchor": [{"spot": 1.0}]}}, "storyline.anchor"),
        ({"base": "calm_market", "storyline": {"anchor": [{"date": "2020-03-02"}] * 2}}, "storyline.anchor"),
    ],
)
def test_what_cannot_be_laid_over_is_told(tables: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        from_dict({"name": "mine", **tables})
    assert said in str(caught.value)


def test_a_circle_is_told(tmp_path: Path) -> None:
    written(tmp_path, "one", 'base = "two.toml"\n')
    written(tmp_path, "two", 'base = "one.toml"\n')
    result = CliRunner().invoke(main, ["check", str(tmp_path / "one.toml")])
    assert result.exit_code == 2
    assert "a scenario is its own base" in result.output


def test_a_strangers_base_is_no_link_to_elsewhere(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    outside = written(tmp_path, "outside", 'base = "calm_market"\n')
    os.symlink(outside, inside / "link.toml")
    top = written(inside, "top", 'base = "link.toml"\n')
    assert load(top).name == "top"
    with pytest.raises(UserError, match="link to elsewhere"):
        load(top, trust=False)
    with pytest.raises(UserError, match="this one has no folder"):
        from_dict({"name": "mine", "base": "link.toml"}, trust=False)


def test_a_wrong_key_is_answered_with_a_few_names() -> None:
    """Those with the word in them; else the first forty of eight hundred."""
    near = CliRunner().invoke(main, ["keys", "option_leg"]).output
    assert near.count(", ") == near.count("option_leg.")
    far = CliRunner().invoke(main, ["keys", "zzz"]).output
    assert "more" in far
    assert far.count(", ") < 45
