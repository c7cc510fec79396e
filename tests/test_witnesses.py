"""What is written of the witnesses is computed on their paths alone where nobody else needs it: the same to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.reading.loading import load
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import SpiralError
from sim.phases import Phase
from tests.small import watch

PATHS, WITNESSES = 40, 5
QUOTED = ("half_spread", "skew", "depth")
SHOWN = ("mid", "half_spread", "depth")


def ran(preset, **settings):
    """A world, its quotes and levels on all paths at each tick, and what it wrote of its witnesses."""
    chosen = {"clock.tick_minutes": 390, "run.witnesses": WITNESSES} | settings
    scenario = load(preset, chosen)
    world = make_world(scenario, Chunk("actual", 0, PATHS), scenario.feedback)

    def quotes():
        found = (
            (maker, name, venue.quote_of(maker))
            for name, venue in world.venues.items()
            for maker in venue.quotes.makers
        )
        return {(maker, name): {key: getattr(q, key).copy() for key in QUOTED} for maker, name, q in found}

    def levels():
        return {name: {key: getattr(v, key).copy() for key in SHOWN} for name, v in world.venues.items()}

    seen, shown = watch(world, Phase.TRADE, quotes), watch(world, Phase.END, levels)
    world.run()
    return world, seen, shown


def assert_rows(table, whole, key, columns):
    """Rows of a table against vectors over all paths, instant by instant."""
    rows = table.partition_by("time", maintain_order=True)
    assert len(rows) == len(whole) > 10
    for at, all_paths in zip(rows, whole, strict=True):
        parts = at.partition_by(*key, maintain_order=True, as_dict=True)
        assert parts
        for name, part in parts.items():
            full = all_paths[name if len(key) > 1 else name[0]]
            for column in columns:
                np.testing.assert_array_equal(part[column].to_numpy(), full[column][:WITNESSES], strict=True)


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("covid_crash_2020", {}),
        ("covid_crash_2020", {"agents.bank.capital_share": 0.2}),
        ("covid_crash_2020", {"agents.bank.quoting.kind": "avellaneda_stoikov"}),
        ("gilt_ldi_2022", {}),
        ("short_vol_blowup", {}),
    ],
)
def test_witnesses_are_the_first_paths_of_all(preset, settings):
    world, seen, shown = ran(preset, **settings)
    assert_rows(world.log.frame("quotes", world.clock), seen, ("maker", "venue"), QUOTED)
    assert_rows(world.log.frame("market", world.clock), shown, ("venue",), SHOWN)


def test_nothing_is_computed_for_tables_that_nobody_wants(monkeypatch):
    """Without the tables of witnesses their quotes and levels are not asked for."""
    from markets.venues.quotes import Quotes

    def never(*_):
        raise AssertionError("somebody asked")

    monkeypatch.setattr(Quotes, "seen", never)
    monkeypatch.setattr(Quotes, "seen_book", never)
    scenario = load("covid_crash_2020", {"clock.tick_minutes": 390, "run.witnesses": WITNESSES})
    make_world(scenario, Chunk("actual", 0, 4), scenario.feedback, tables=("marks", "closes", "peaks")).run()
    with pytest.raises(SpiralError, match="somebody asked"):
        make_world(scenario, Chunk("actual", 0, 4), scenario.feedback, tables=("quotes",)).run()
