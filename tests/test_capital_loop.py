"""The loop of capital: desks near their limit shrink, makers quote less and wider; a switch, a gain, a table."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import charts, summarise, write_report
from markets.venues.loop_gain import CAPITAL
from scenarios import run
from scenarios.studies.ablation import loops_of
from sim.errors import UserError
from sim.phases import Phase
from tests.small import crisis, only, watch, world_of
from tests.test_capital_limit import FALL, LIMIT, PUTS, cast, told

STOCK = {"kind": "asset", "quantity": 1e7}
NEAR = {"capital_model": {"kind": "leverage_ratio", "share": 0.098}, "capital_headroom": 0.1}


def desk_world(book, switch=1.0, impact=0.0, **bank):
    feedback = only(capital=switch, impact=impact)
    return world_of(crisis(anchors=FALL, agents=cast(book=[book], **bank), feedback=feedback, minutes=130), 2)


def scales(world):
    """Share of the book, close by close, on the first path; equity and requirement there."""
    desk, found = world.desks["desk"], []

    def look():
        if world.clock.is_close[world.tick_index]:
            client = world.lenders[0].clients["desk"]
            found.append([desk.scale[0], world.equity_now("desk")[0], client.capital_required[0]])

    watch(world, Phase.END, look)
    world.run()
    return np.array(found).T


def test_a_desk_with_a_headroom_shrinks_at_once_to_keep_it():
    """Equity of 1e8 $ carries 9.3e8 $ of puts at 9.8 % with a tenth to spare, as long as it loses nothing."""
    scale, equity, required = scales(desk_world(PUTS, **NEAR, deadline_days=100))
    shrunk = np.flatnonzero(np.diff(scale, prepend=1.0) < 0)
    assert len(shrunk) > 1 and scale[-1] < 0.95
    np.testing.assert_allclose(equity[shrunk], 1.1 * required[shrunk], rtol=1e-4)  # but for interest
    waiting, equity, required = scales(desk_world(PUTS, **{**NEAR, "capital_headroom": 0.0}, deadline_days=100))
    assert (waiting == 1).all() and (equity < required).any()


def test_the_switch_cuts_the_loop():
    scale, _, required = scales(desk_world(PUTS, switch=0.0, **NEAR, deadline_days=2))
    assert (scale == 1).all() and (required > 0).all()
    full, half = (scales(desk_world(PUTS, switch=x, **NEAR, deadline_days=100))[0] for x in (1.0, 0.5))
    first = np.flatnonzero(full < 1)[0]
    assert half[first] == pytest.approx(1 - 0.5 * (1 - full[first]), rel=1e-9)


def test_the_gain_of_a_desk_that_holds_stock():
    """impact delta^2 / (kept depth) where its capital binds, and nothing where it does not."""
    for model, binds in ((NEAR, True), ({**NEAR, "capital_model": LIMIT | {"share": 0.01}}, False)):
        world, found = desk_world(STOCK, impact=1.0, **model, deadline_days=100), []

        def look(world=world, found=found):
            if world.tick_index == 2:
                venue, limit, client = world.venue("asset"), world.lenders[0].limit, world.lenders[0].clients["desk"]
                kept = 1.1 * client.capital_required
                delta = 1e7 * world.desks["desk"].scale * world.factors.spot
                expected = venue.impact * delta**2 / kept / venue.depth
                found.append((venue.gain("asset", CAPITAL), expected, limit))

        watch(world, Phase.END, look)
        world.run()
        gain, expected, _ = found[0]
        np.testing.assert_allclose(gain, expected if binds else 0.0, rtol=1e-9)


def made(place, agents=None):
    book = [{**PUTS, "quantity": -1e7}]
    scenario = crisis(anchors=FALL, agents=agents or cast(book=book, **NEAR), minutes=130)
    return run(scenario, paths=3, workers=1, out=place, unhedged=False)


def test_the_table_of_a_run(tmp_path):
    """A row a close, path and world; none in a run without a limit."""
    found = made(tmp_path / "limited")
    table = found.table("capital").filter(world="actual").collect()
    marks = found.marks.filter(agent="desk", world="actual").collect()
    assert set(table["agent"]) == {"desk"} and len(table) == len(marks)
    both = table.join(marks, on=["time", "path"], suffix="_marked")
    np.testing.assert_allclose(both["equity"], both["equity_marked"], rtol=1e-4)
    assert "capital" not in made(tmp_path / "free", agents=cast(book=[STOCK])).tables


MAKER = {
    "type": "MarketMaker",
    "capital": 2e8,
    "capital_share": 0.08,
    "capital_headroom": 0.5,
    "inventory_half_life": 100.0,
}


def maker_world(switch=1.0, **maker):
    sale = {"type": "Executor", "venue": "asset", "quantity": -1.5e7, "trades": 1}
    agents = {"maker": MAKER | maker, "seller": sale}
    return world_of(crisis(anchors=FALL, agents=agents, feedback=only(capital=switch), minutes=130), 2)


def quotes(world):
    found = []

    def look():
        quote = world.venue("asset").quote_of("maker")
        rule = world.venue("asset").quotes.rule()
        inventory = np.abs(world.venue("asset").listing.exposure("maker"))
        found.append((quote.half_spread[0] / rule.half_spread[0], quote.depth[0] / rule.depth[0], inventory[0]))

    watch(world, Phase.END, look)
    world.run()
    return np.array(found).T


def test_a_maker_with_inventory_quotes_less_and_wider():
    """9e8 $ at 15 % need 1.4e8 of 2e8 $: a third to spare of the half that it wants."""
    wide, depth, inventory = quotes(maker_world())
    assert (wide[0], depth[0]) == (1.0, 1.0) and inventory[-1] > 8e8
    after = np.flatnonzero(inventory > 8e8)[1:5]
    assert (depth[after] < 0.95).all() and (depth[after] > 0.5).all()
    np.testing.assert_allclose(wide[after], 2 - depth[after], rtol=1e-9)
    free, full, _ = quotes(maker_world(switch=0.0))
    assert (free == 1).all() and (full == 1).all()


def test_a_maker_without_capital_to_spare_stops_quoting():
    _, depth, inventory = quotes(maker_world(capital_share=0.25))
    assert depth[np.flatnonzero(inventory > 8e8)[1]] == 0.0


def test_ablations_know_the_loop():
    assert "capital" in loops_of(crisis(agents=cast(**NEAR)))
    assert "capital" not in loops_of(crisis(agents=cast()))


@pytest.mark.parametrize(
    ("agents", "message"),
    [
        ({"bank": {"capital_headroom": -0.1}}, "agents.bank.capital_headroom: must be >= 0, got -0.1"),
        ({"bank": {"capital_model": {"kind": "frtb", "equity_bucket": 14}}}, "equity_bucket: must be <= 13, got 14"),
        ({"bank": {"capital_model": {"kind": "frtb", "multiple": 0.0}}}, "multiple: must be > 0, got 0.0"),
        ({"bank": {"capital_model": {"kind": "sa_ccr", "mpor_days": -1.0}}}, "mpor_days: must be >= 0, got -1.0"),
        (
            {"bank": {"capital_model": {"kind": "leverage_ratio", "measure": "gross"}}},
            "measure: must be 'notional' or 'add_on'",
        ),
        ({"bank": {"capital_model": {"kind": "frbt"}}}, "did you mean 'frtb'?"),
        ({"maker": {"capital_share": 1.5}}, "agents.maker.capital_share: must be <= 1, got 1.5"),
        ({"maker": {"capital_headroom": 0.0}}, "agents.maker.capital_headroom: must be > 0, got 0.0"),
    ],
)
def test_mistakes_are_one_line(agents, message):
    told_cast = cast(**agents.get("bank", {}))
    told_cast["maker"] |= agents.get("maker", {})
    with pytest.raises(UserError) as error:
        crisis(agents=told_cast)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_desk_that_shrinks_by_itself_is_not_reduced():
    """A desk that keeps its headroom is not reduced by the lender."""
    world = desk_world(PUTS, **NEAR, deadline_days=2)
    world.run()
    assert told(world).height == 0
    assert (world.log.frame("capital", world.clock)["required"] > 0).all()


def test_the_chart_and_the_figures_of_a_run(tmp_path):
    """Peaks and shortfalls as the table has them; the chart reads them off, and the report shows it."""
    found = made(tmp_path / "run")
    table = found.table("capital").filter(world="actual").collect()
    figures = summarise(found)
    assert figures["capital_required"].value == pytest.approx(table.group_by("path").max()["required"].median())
    short = table.filter(table["equity"] < table["required"])["path"].n_unique() / 3
    assert figures["capital_short"].value == pytest.approx(short) and figures["capital_use"].value > 0.9
    drawn = charts.draw(found, "capital").to_dict()
    assert figures["capital_required"].text(error=False) in " ".join(drawn["title"]["subtitle"])
    assert write_report(found, tmp_path / "report.html").read_text(encoding="utf-8").count("where the bands meet") == 1
