"""Settings that are taken and change nothing are said; places that cannot be written are told before any table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.reading.loading import load
from scenarios.worlds.assumed import assumed
from tests.small import crisis, only, world_of

MAKER = {"maker": {"type": "MarketMaker"}}
PRODUCT = {"type": "LeveredProduct", "capital": 1e8}
LOOKING = {"kind": "filtered_historical", "lookback": 400}
NAMES = {"credits": {"acme": {"quotes": {"5Y": 0.012}}}}

SAID: dict[str, tuple[dict[str, Any], str]] = {
    "leverage 1": ({"agents": {**MAKER, "etf": {**PRODUCT, "leverage": 1}}}, "etf: leverage = 1 has no effect"),
    "short window": (
        {"agents": {**MAKER, "etf": {**PRODUCT, "window": 30}}},
        "etf: window = 30 has no effect: a tick takes 65 minutes",
    ),
    "no book": (
        {"agents": {**MAKER, "desk": {"type": "Hedger", "counterparty": {"credit": "acme"}}}, "market": NAMES},
        "desk: counterparty has no effect",
    ),
    "lookback": (
        {"agents": {**MAKER, "bank": {"type": "FundingDesk", "margin_model": LOOKING}}},
        "bank: lookback = 400 is longer than history, 250 returns",
    ),
    "lookback of a frozen model": (
        {"agents": {**MAKER, "bank": {"type": "FundingDesk", "margin_model": {"kind": "frozen", "of": LOOKING}}}},
        "bank: lookback = 400 is longer than history, 250 returns",
    ),
}
SILENT: dict[str, dict[str, Any]] = {
    "leverage": {"agents": {**MAKER, "etf": {**PRODUCT, "leverage": 2}}},
    "window": {"agents": {**MAKER, "etf": {**PRODUCT, "window": 65}}},
    "window 0": {"agents": {**MAKER, "etf": {**PRODUCT, "window": 0}}},
    "lookback": {"agents": {**MAKER, "bank": {"type": "FundingDesk", "margin_model": {**LOOKING, "lookback": 250}}}},
}


@pytest.mark.parametrize("what", SAID)
def test_what_has_no_effect_is_said(what: str) -> None:
    tables, said = SAID[what]
    assert [note for note in assumed(crisis(**tables)) if note.startswith(said)]


@pytest.mark.parametrize("what", SILENT)
def test_what_has_one_is_not(what: str) -> None:
    assert not [note for note in assumed(crisis(**SILENT[what])) if "effect" in note or "lookback" in note]


@pytest.mark.parametrize(("leverage", "trades"), [(1.0, False), (2.0, True)])
def test_a_product_of_leverage_1_never_trades_and_of_2_does_at_the_last_tick(leverage: float, trades: bool) -> None:
    etf = {**PRODUCT, "leverage": leverage, "window": 0}
    anchors = [{"date": "2020-02-19", "spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.025, "us10y": 0.03,
                "credit": 0.01}, {"date": "2020-02-21", "spot": 80.0}]  # fmt: skip
    world = world_of(crisis(anchors=anchors, agents={**MAKER, "etf": etf}, feedback=only()), 1)
    world.run()
    before = 1e8 * leverage / 100.0  # units
    assert (abs(world.venue("asset").held("etf")[0] / before - 1) > 1e-6) == trades


def test_check_says_it(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(ETF)
    assert "note: etf: leverage = 1 has no effect" in CliRunner().invoke(main, ["check", str(file)]).stdout
    assert load(file).agent("etf").leverage == 1  # type: ignore[attr-defined]


ETF = """
name = "x"
[storyline]
anchor = [
  { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
  { date = 2020-02-21 },
]
[agents.maker]
type = "MarketMaker"
[agents.etf]
type = "LeveredProduct"
leverage = 1
"""
QUOTES = "curve,kind,tenor,rate_percent\nsofr,swap,1Y,3.90\nsofr,swap,5Y,3.64\n"
CDS = "name,tenor,spread_bp\nacme,5Y,120\n"
TARGETS = {
    "exposure": ("no-such-run", "--out", "file/x.csv"),
    "backtest": ("no-such-run", "--out", "file/x.csv"),
    "frtb": ("none.csv", "--out", "file/x.csv"),
    "sa-ccr": ("none.csv", "--out", "file/x.csv"),
    "note": ("covid_crash_2020", "--out", "file/x"),
    "risk": ("covid_crash_2020", "--out", "file/x"),
    "curve": ("quotes.csv", "--date", "2026-03-02", "--out", "file/x"),
    "cds": ("cds.csv", "--rate", "0.02", "--date", "2026-03-02", "--out", "file/x"),
}


@pytest.mark.parametrize("verb", TARGETS)
def test_a_place_that_cannot_be_written_is_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("file", ""), ("quotes.csv", QUOTES), ("cds.csv", CDS)):
        (tmp_path / name).write_text(text)
    found = CliRunner().invoke(main, [verb, *TARGETS[verb]])
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1), found.output
    assert "cannot be written" in found.stderr and "file" in found.stderr
