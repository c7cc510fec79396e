"""The table `accounts`: that nothing came from nowhere can be seen from the files alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from scenarios.reading.loading import load
from scenarios.reading.shipped import catalogue
from scenarios.studies.run import run
from scenarios.studies.sweeps.cell_run import MEASURED
from sim.dataset import Run

ROUNDING = 1e-9  # of the $ that all accounts of a path hold, without signs
CENT = 0.01  # $
KEYS = ("time", "world", "path")
OUTSIDE = {"clients", "clearing", "investors", "owners", "wholesale", "credit_losses"}


def unbalanced(result: Run) -> pl.DataFrame:
    """What does not sum to zero over the accounts: by instant, world, path and asset."""
    held = pl.scan_parquet(sorted((result.path / "accounts").iterdir()))
    gross = held.group_by(KEYS).agg(pl.col("value").abs().sum().alias("gross"))
    each = held.group_by(*KEYS, "asset").agg(pl.col("value").sum()).join(gross, on=KEYS)
    return each.filter(~(pl.col("value").abs() <= ROUNDING * pl.col("gross"))).collect()


def worth(result: Run) -> pl.DataFrame:
    """Each agent's marks beside the worth of what its two accounts hold."""
    held = result.accounts.with_columns(agent=pl.col("account").str.strip_suffix(".margin"))
    held = held.group_by(*KEYS, "agent").agg(pl.col("value").sum(), pl.col("value").abs().sum().alias("gross"))
    return held.join(result.marks, on=(*KEYS, "agent")).collect()


LONG = {"rate_hikes_2022", "taper_tantrum_2013"}  # on whole curves, for months
EACH = [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in sorted(catalogue())]


@pytest.mark.parametrize("name", EACH)
def test_everything_sums_to_zero_over_the_accounts(name: str, tmp_path: Path) -> None:
    scenario = load(name, {"clock.tick_minutes": 390})
    result = run(scenario, out=tmp_path / "run", paths=4, witnesses=2, workers=1, tables=("accounts", "marks"))
    assert unbalanced(result).height == 0
    held = result.accounts.collect()
    days, worlds = result.marks.select(pl.col("time").n_unique()).collect().item(), len(result.manifest["worlds"])
    last = held.filter(pl.col("time") == pl.col("time").max())
    assert last.select(KEYS).unique().height == 4 * worlds  # all paths at the end
    assert held.select(KEYS).unique().height == (4 + 2 * (days - 1)) * worlds  # and the witnesses at every close
    assert set(held["account"]) >= OUTSIDE
    both = worth(result)
    assert both.height == len(scenario.agents) * (4 + 2 * (days - 1)) * worlds
    assert ((both["value"] - both["equity"]).abs() <= CENT + ROUNDING * both["gross"]).all()


def test_money_from_nowhere_is_seen(tmp_path: Path) -> None:
    """The check of these tests finds a thousand dollars too many on one path."""
    calm = load("calm_market", {"clock.tick_minutes": 390})
    result = run(calm, out=tmp_path / "run", paths=2, workers=1, twin="none")
    place = next((tmp_path / "run" / "accounts").iterdir())
    rich = (pl.col("account") == "hedger") & (pl.col("asset") == "cash") & (pl.col("path") == 1)
    minted = pl.when(rich).then(pl.col("value") + 1e3).otherwise(pl.col("value"))
    pl.read_parquet(place).with_columns(value=minted).write_parquet(place)
    assert set(unbalanced(result)["path"]) == {1}


def test_sweeps_do_not_gather_it() -> None:
    assert "accounts" not in MEASURED
