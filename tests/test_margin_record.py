"""Filtered historical margin from a record of the user's own: by a published table, by hand, and mistakes."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from markets.factors.key import name_key
from scenarios import from_dict, load
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from sim.errors import UserError
from sim.phases import Phase
from tests.small import crisis, only, watch, world_of

RETURNS = [-24, -40, -7, 13, 34, 3, -17, -24, 22, 49, 8, -37, -29, 48, 6, -52, -3, -35, -19, -15, -21, 17, -2, -18, 12,
           25, -49, -8, -29, -5, -39, 1, -1, -9, -31, -12, -33, -41, 7, -33, 35, 21, -60, 8, -33, 1, 1, -60, -7, -8, 29,
           -35, 22, -33, -10, -25, 43, 17, 73, 19, 80, 80, -58, -7, 128, -38, 18, -2, 58, -35, -14, 23, 10, -82, 85,
           -123, -114, -122, 92, -34]  # fmt: skip
SMALL = 1e-8  # of a price: so small that a position is linear in the log of its price
UNITS, SPOT = 1e6, 100.0
NEVER = {"type": "Hedger", "policy": {"kind": "never"}, "hedge_rates": False}
LONG = {"kind": "asset", "quantity": UNITS}
FILTER = {"kind": "filtered_historical", "level": 0.95, "lookback": 40, "memory": 0.94, "days": 1.0}
OTHERS = ("overnight", "us2y", "us10y")


def days(number, last=date(2020, 2, 18)):
    return [str(last - timedelta(days=number - 1 - i)) for i in range(number)]


def record(moves):
    """Moves of the asset in hundredths of a millionth; rates stand still."""
    columns = {"asset": [SMALL * move for move in moves], **{name: [0.0] * len(moves) for name in OTHERS}}
    return {"dates": days(len(moves)), "factors": {name: {"values": values} for name, values in columns.items()}}


def small(model, book=(LONG,)):
    bank = {"type": "FundingDesk", "margin_model": model}
    cast = {"desk": {**NEVER, "capital": 1e9, "book": list(book)}, "maker": {"type": "MarketMaker"}, "bank": bank}
    return crisis(agents=cast, feedback=only(), minutes=390)


def first(model, book=(LONG,)):
    """The first initial margin, in the unit of the moves of a long position."""
    world, found = world_of(small(model, book), 2), []
    watch(world, Phase.END, lambda: found.append(world.lenders[0].clients["desk"].asked) if not found else None)
    world.run()
    return found[0].initial_margin[0] / (UNITS * SPOT * SMALL)


@pytest.mark.parametrize(
    ("day", "margin"), [(60, 70.79279629), (65, 110.6830288), (70, 103.2494626), (75, 109.2153647), (80, 151.5651129)]
)
def test_a_published_series_through_the_engine(day, margin):
    """95 % of 40 scaled returns before the day, a decay of 0.94: the second worst loss."""
    model = {**FILTER, "record": record(RETURNS[:day]), "record_of": "moves"}
    assert first(model) == pytest.approx(margin, rel=1e-5)


def test_a_tail_that_slopes_do_not_show():
    """Long a put at the money, short three far below: a fall of 20 % loses, and by slope and gamma it gains.

    The record has two such falls among small moves; of 20 scenarios at 90 % the second worst is the lesser of the two.
    """
    moves = [0.01 * (-1) ** k for k in range(18)] + [-0.22, -0.20]
    columns = {"asset": moves, **{name: [0.0] * len(moves) for name in ("vol", *OTHERS)}}
    given = {"dates": days(len(moves)), "factors": {name: {"values": values} for name, values in columns.items()}}
    model = {**FILTER, "level": 0.9, "lookback": 20, "memory": 0.9999, "record": given, "record_of": "moves"}
    book = [
        {"kind": "put", "moneyness": 1.0, "months": 1, "quantity": 1e6},
        {"kind": "put", "moneyness": 0.9, "months": 1, "quantity": -3e6},
    ]
    only_falls = {**model, "record": {**given, "factors": {**given["factors"], "asset": {"values": [-0.2] * 20}}}}
    assert first(model, book) == pytest.approx(first(only_falls, book), rel=0.1)


def test_levels_are_the_moves_summed_up():
    told = record(RETURNS)
    levels = SPOT * np.exp(np.cumsum([0.0, *told["factors"]["asset"]["values"]]))
    flat = {name: {"values": [0.02] * len(levels)} for name in OTHERS}
    of_levels = {"dates": days(len(levels)), "factors": {"asset": {"values": levels.tolist()}, **flat}}
    assert first({**FILTER, "record": of_levels}) == pytest.approx(151.5651129, rel=1e-5)


def test_a_stressed_period_of_the_record_by_hand():
    """Of the first 20 moves the worst two losses are 52 and 40: a quarter of 52 or 40, as they were."""
    plain = {**FILTER, "record": record(RETURNS[:60]), "record_of": "moves"}
    dates = plain["record"]["dates"]
    calm = first(plain)
    worst = {**plain, "stress_weight": 0.25, "stress_period": [dates[0], dates[19]]}
    assert first(worst) == pytest.approx(calm)  # its worst, 52, is below what is asked anyway
    short = {"kind": "asset", "quantity": -UNITS}
    asked = first(plain, [short])
    period = {**plain, "stress_weight": 0.5, "stress_period": [dates[58], dates[58]]}
    assert first(period, [short]) == pytest.approx(0.5 * asked + 0.5 * max(asked, 73.0), rel=1e-5)
    longer = {**plain, "record": record(RETURNS), "stress_weight": 0.5}
    then = longer["record"]["dates"]
    crisis_of_two = {**longer, "stress_period": [then[75], then[77]]}
    now = first({**longer, "stress_weight": 0.0})
    assert first(crisis_of_two) == pytest.approx(0.5 * now + 0.5 * max(now, 123.0), rel=1e-5)


SCENARIO = """
name = "recorded"
clock = { tick_minutes = 390 }
run = { paths = 2, twin = "none", unhedged = false }
storyline = { anchor = [
  { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
  { date = 2020-02-21, spot = 97.0, vol = 0.25 },
] }
[agents.maker]
type = "MarketMaker"
[agents.desk]
type = "Hedger"
capital = 1e9
book = [{ kind = "asset", quantity = 1e6 }]
[agents.bank]
type = "FundingDesk"
margin_model = { kind = "filtered_historical", record = "record.csv" }
"""


def csv(number=25, last=date(2020, 2, 18), **changes):
    """Levels of that many days."""
    columns = {"asset": 100.0, "overnight": 0.02, "us2y": 0.02, "us10y": 0.03, **changes}
    rows = [",".join([day, *(f"{level + 0.001 * (i % 3):.4f}" if isinstance(level, float) else level
                             for level in columns.values())]) for i, day in enumerate(days(number, last))]  # fmt: skip
    return "\n".join([",".join(["date", *columns]), *rows]) + "\n"


def written(folder, text, scenario=SCENARIO):
    (folder / "record.csv").write_text(text)
    (folder / "recorded.toml").write_text(scenario)
    return folder / "recorded.toml"


def test_a_record_beside_the_scenario_becomes_part_of_it(tmp_path):
    scenario = load(written(tmp_path, csv()))
    kept = scenario.agent("bank").margin_model.record
    assert len(kept.dates) == 25 and set(kept.factors) == {"asset", *OTHERS}
    assert kept.factors["us10y"].values[:4] == (0.03, 0.031, 0.032, 0.03)
    assert from_dict(scenario.to_dict()) == scenario
    check_reads_back(scenario_text(scenario, "written"), scenario, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (csv(20), "bank.margin_model.record.dates: needs at least 21 dates, got 20"),
        (
            csv(last=date(2020, 2, 20)),
            "record.dates: a margin model does not know what comes after the start, 2020-02-19",
        ),
        (csv(us2y="much"), "record.csv:2: us2y: must be a number, got 'much'"),
        (csv(us2y=""), "record.csv:2: us2y: a number is needed; leave no cell empty"),
        (csv().replace("date", "when", 1), "record.csv:1: the column 'date' is missing"),
        (csv().replace("us2y", "us10y", 1), "record.csv:1: two columns have this name, got 'us10y'"),
        ("\n".join([csv().splitlines()[0], *reversed(csv().splitlines()[1:])]), "record.dates: dates must increase"),
        ("", "record.csv: the file is empty"),
    ],
)
def test_mistakes_of_a_record(tmp_path, text, said):
    with pytest.raises(UserError) as error:
        load(written(tmp_path, text))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"record": None, "stress_period": ["2019-01-02", "2019-02-02"]},
            "stress_period: belongs to a record, and there is none",
        ),
        ({"record": None, "record_of": "moves"}, "record_of: belongs to a record, and there is none"),
        ({"record_of": "returns"}, "record_of: must be 'levels' or 'moves', got 'returns'"),
        ({"stress_period": ["2020-01-02"], "stress_weight": 0.2}, "stress_period: is a first and a last day"),
        ({"stress_period": ["2020-02-02", "2020-01-02"], "stress_weight": 0.2}, "stress_period: is a first and a last"),
        ({"stress_period": ["2020-01-02", "2020-02-02"]}, "stress_period: has no weight"),
        ({"stress_period": ["2008-01-02", "2008-02-02"], "stress_weight": 0.2}, "no day of the record lies in it"),
        ({"stress_period": ["2020-13-02", "2020-02-02"], "stress_weight": 0.2}, "stress_period.1: must be a date"),
    ],
)
def test_mistakes_beside_a_record(change, said):
    model = {"kind": "filtered_historical", "record": record(RETURNS), "record_of": "moves", **change}
    with pytest.raises(UserError) as error:
        small({key: value for key, value in model.items() if value is not None})
    assert said in str(error.value)


def test_a_factor_without_a_column_and_a_price_without_a_log_are_refused():
    told = record(RETURNS)
    del told["factors"]["us2y"]
    with pytest.raises(UserError, match="the record has no column for a factor of the book or its hedges, got 'us2y'"):
        first({**FILTER, "record": told, "record_of": "moves"})
    with pytest.raises(UserError, match="asset: a price, a vol or a name has returns only above 0"):
        first({**FILTER, "record": record(RETURNS)})


@pytest.mark.parametrize("defaults", [True, False])
def test_a_record_of_a_name_has_its_spreads(defaults):
    """Its factor is the log of the spread: from 210 to 200 bp protection loses s ln 1.05. No column for its default."""
    model = {"kind": "filtered_historical", "record": record([0.0] * 80), "days": 1.0}
    model["record"]["factors"] |= {"asset": {"values": [100.0] * 80}, "acme": {"values": [0.02, 0.021] * 40}}
    desk = {**NEVER, "capital": 1e9, "book": [{"kind": "cds", "credit": "acme", "notional": -1e8, "months": 60}]}
    cast = {"desk": desk, "maker": {"type": "MarketMaker"}, "bank": {"type": "FundingDesk", "margin_model": model}}
    acme = {"quotes": {"5Y": 0.02}, "defaults": defaults}
    world = world_of(crisis(agents=cast, feedback=only(), minutes=390, market={"credits": {"acme": acme}}), 2)

    def look():
        client = world.lenders[0].clients["desk"]
        return client.asked.initial_margin[0], abs(client.portfolio.slopes_by_factor()[name_key("acme")][0])

    seen = watch(world, Phase.END, look)
    world.run()
    asked, slope = seen[0]
    assert slope > 4e6 and asked == pytest.approx(slope * np.log(1.05), rel=0.05)
