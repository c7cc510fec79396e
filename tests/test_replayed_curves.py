"""A folder of curves, one file a day, as the start and the storyline of a run."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from click.testing import CliRunner

from markets.factors.key import US10Y, FactorKey
from scenarios import from_dict, solve_curves
from scenarios.cli import main
from scenarios.describing.scenario_file import scenario_text
from scenarios.studies.curves.take_curves import take_curves
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, world_of

DAYS = {date(2020, 2, 19): 0.0, date(2020, 2, 20): 0.001, date(2020, 2, 24): 0.004, date(2020, 3, 20): 0.02}
RATES = {"1W": 2.0, "1Y": 2.3, "2Y": 2.5, "10Y": 3.0, "30Y": 3.2}


@pytest.fixture
def folder(tmp_path):
    quotes = tmp_path / "quotes"
    quotes.mkdir()
    for day, by in DAYS.items():
        lines = "".join(f"sofr,ois,{tenor},{rate + 100 * by}\n" for tenor, rate in RATES.items())
        (quotes / f"{day}.csv").write_text(f"curve,kind,tenor,rate_percent\n{lines}")
    return quotes


def story(**rates):
    anchors = [
        {"date": "2020-02-19", **LEVEL, "nodes": {"us30y": 0.032}},
        {"date": "2020-02-21", "spot": 95.0, "us10y": 0.01},
        {"date": "2020-03-04", "spot": 90.0, "us10y": 0.01},
    ]
    rates = {"vol_us2y": 0.0, "vol_us10y": 0.0, "nodes": {"us30y": {"years": 30, "vol": 0.0}}, **rates}
    return from_dict(crisis(anchors=anchors, market={"rates": rates}).to_dict(), as_given=True)


def test_the_storyline_tells_the_zero_rates_of_every_day(folder):
    """At the closes of the folder's days; between them rates are interpolated, and after the last they stay."""
    taken = take_curves(story(), folder)
    assert [str(row.date) for row in taken.storyline.anchor] == [
        "2020-02-19", "2020-02-20", "2020-02-21", "2020-02-24", "2020-03-04",
    ]  # fmt: skip
    world = world_of(taken, 1)
    keys = (US10Y, FactorKey("zero", "usd", "us30y"))
    seen = {}

    def look():
        while True:
            yield world.tick(Phase.MARK)
            day = world.clock.timestamp(int(world.clock.ticks[world.tick_index])).date()
            seen[day] = [float(world.factors.snapshot.row(key)[0]) for key in keys]

    world.start(look())
    world.run()
    for day in DAYS:
        if day <= taken.end:
            curve = solve_curves(folder / f"{day}.csv")["sofr"]
            assert seen[day] == pytest.approx([float(curve.zero(10.0)), float(curve.zero(30.0))], abs=2e-8)
    assert seen[date(2020, 2, 21)] == pytest.approx(
        np.mean([seen[date(2020, 2, d)] for d in (20, 24)], axis=0), abs=2e-6
    )
    assert seen[date(2020, 3, 4)] == seen[date(2020, 2, 24)]
    assert taken.storyline.anchor[2].spot == 95.0
    assert any("the zero rates of 3 days, 2020-02-19 to 2020-02-24" in note for note in taken.notes)


def test_the_command_takes_a_folder(folder, tmp_path):
    file = tmp_path / "story.toml"
    file.write_text(scenario_text(story(), "By hand."))
    shown = CliRunner().invoke(main, ["check", str(file), "--curves", str(folder)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0 and "the zero rates of 3 days" in " ".join(shown.output.split())


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (["2020-02-19"], "the folder has no quotes of the first day, got '2020-02-19'"),
        (["2020-02-20", "2020-02-24"], "it has no later day"),
        ([], "the curve that discounts is missing on a day, got 'sofr'"),
    ],
)
def test_folders_that_cannot_be_replayed(gone, said, folder):
    for day in gone:
        (folder / f"{day}.csv").unlink()
    if not gone:
        (folder / "2020-02-20.csv").write_text("curve,kind,tenor,rate\nsonia,ois,2Y,0.01\n")
    with pytest.raises(UserError) as error:
        take_curves(story(), folder)
    assert said in str(error.value) and "\n" not in str(error.value)
