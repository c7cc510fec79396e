"""A swaption cube: reading, fitting, between cells, and the arbitrage that quotes and smiles admit."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from markets.products.rate_option_table import par
from markets.rate_vols.arbitrage import BENT, NEGATIVE, RISES, STEEP, density_breaches, strike_breaches
from markets.rate_vols.black import bachelier
from markets.rate_vols.cube import CellQuotes, Cube
from markets.rate_vols.sabr import Sabr
from scenarios.cli import main
from scenarios.reading.loading import from_dict
from scenarios.studies.rate_vols.cube_csv import read_cube
from sim.errors import UserError
from tests.small import crisis, world_of

HEAD = "expiry,tenor,forward,offset_bp,vol_bp\n"
OFFSETS = (-100, -50, 0, 50, 150)
CELLS = {
    (1, 5): (0.0088, -0.2, 0.6),
    (5, 5): (0.0090, -0.1, 0.4),
    (5, 10): (0.0084, 0.0, 0.35),
    (1, 10): (0.0086, -0.1, 0.5),
}


def smile(expiry: float, tenor: float) -> Sabr:
    vol, rho, nu = CELLS[expiry, tenor]
    return Sabr.at_the_money(vol, forward=0.036 + 0.0002 * tenor, years=expiry, rho=rho, nu=nu)


def quotes(expiry: float, tenor: float) -> CellQuotes:
    own = smile(expiry, tenor)
    strikes = own.forward + 1e-4 * np.array(OFFSETS)
    return CellQuotes(expiry, tenor, own.forward, tuple(strikes), tuple(own.vol(strikes)))


def written(path: Path, lines: str = "") -> Path:
    rows = [
        f"{t}Y,{n}Y,{smile(t, n).forward:.10f},{o},{1e4 * float(smile(t, n).vol(smile(t, n).forward + 1e-4 * o)):.9f}\n"
        for t, n in CELLS
        for o in OFFSETS
    ]
    path.write_text(HEAD + "".join(rows) + lines)
    return path


def test_each_cell_returns_its_smile() -> None:
    cube = Cube.fit([quotes(*cell) for cell in CELLS])
    assert [cell.quotes.name for cell in cube.cells] == ["1Y into 5Y", "1Y into 10Y", "5Y into 5Y", "5Y into 10Y"]
    for cell in cube.cells:
        true = smile(cell.quotes.expiry, cell.quotes.tenor)
        np.testing.assert_allclose(cell.errors, 0, atol=1e-10)
        np.testing.assert_allclose([cell.smile.rho, cell.smile.nu], [true.rho, true.nu], rtol=0, atol=1e-6)
        assert not cell.quoted_breaches


def test_between_cells_the_smile_is_linear_and_outside_flat() -> None:
    cube = Cube.fit([quotes(*cell) for cell in CELLS])
    got = cube.smile(3, 7.5)
    assert float(got.vol(got.forward)) == pytest.approx(np.mean([vol for vol, _, _ in CELLS.values()]), rel=1e-8)
    assert got.rho == pytest.approx(-0.1, abs=1e-6) and got.nu == pytest.approx(
        np.mean([0.6, 0.4, 0.35, 0.5]), abs=1e-6
    )
    far = cube.smile(20, 30, forward=0.02)
    assert float(far.vol(0.02)) == pytest.approx(0.0084, rel=1e-8) and far.years == 20
    np.testing.assert_allclose(cube.vol(1, 5, [0.03, 0.05]), smile(1, 5).vol([0.03, 0.05]), rtol=1e-6)


def test_a_butterfly_is_weighed_by_distance() -> None:
    """Prices of a normal law at unequal strikes are convex, though C1 - 2 C2 + C3 is negative; bent ones are named."""
    strikes = np.array([0.02, 0.021, 0.03, 0.06])
    calls = bachelier(0.035, strikes, 0.009, 5.0).value
    assert calls[0] - 2 * calls[1] + calls[2] < 0
    assert strike_breaches(strikes[::-1], calls[::-1]) == []
    dear = calls + np.array([0, 0.001, 0, 0])
    assert [breach.rule for breach in strike_breaches(strikes, dear)] == [RISES, BENT]
    weight = (0.03 - 0.021) / (0.03 - 0.02)
    expected = dear[1] - weight * dear[0] - (1 - weight) * dear[2]
    assert strike_breaches(strikes, dear)[1].amount == pytest.approx(expected)
    steep = calls + np.array([0.002, 0, 0, 0])
    assert next(breach.rule for breach in strike_breaches(strikes, steep)) == STEEP


def test_a_negative_density_is_found() -> None:
    hagan = Sabr(forward=0.0365, years=5, alpha=0.045, beta=0.5, rho=-0.25, nu=0.45, kind="lognormal")
    (breach,) = density_breaches(hagan, 0.0165, 0.0665)
    assert breach.rule == NEGATIVE and breach.amount < 0
    assert breach.low < 0.001 and breach.high == pytest.approx(0.0042379709, abs=5e-4)
    assert density_breaches(smile(1, 5), 0.02, 0.05) == []


def test_the_command_fits_and_names_arbitrage(tmp_path: Path) -> None:
    path, chart = written(tmp_path / "cube.csv"), tmp_path / "cube.html"
    got = CliRunner().invoke(main, ["cube", str(path), "--at", "3Y,7Y", "--chart", str(chart)])
    assert got.exit_code == 0 and "4 cells, no violations in strike." in got.output and "5Y into 10Y" in got.output
    assert chart.stat().st_size > 1e4
    got = CliRunner().invoke(main, ["cube", str(written(path, "5Y,10Y,0.038,25,140\n"))])
    assert got.exit_code == 1
    assert (
        "arbitrage: 5Y into 10Y: the price of quoted calls rises with the strike from 3.800 % to 4.050 %" in got.output
    )


def test_units_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cube.csv"
    path.write_text(
        "expiry,tenor,forward (%),strike (%),vol (%)\n"
        + "".join(f"18M,5Y,3.65,{strike},{vol}\n" for strike, vol in ((2, 32), (3.65, 25), (5, 24)))
    )
    (cell,), _ = read_cube(path, kind="lognormal")
    assert cell.expiry == 1.5 and cell.forward == pytest.approx(0.0365)
    np.testing.assert_allclose([*cell.strikes, *cell.vols], [0.02, 0.0365, 0.05, 0.32, 0.25, 0.24])
    assert Cube.fit([cell], kind="lognormal").cells[0].smile.beta == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("expiry,forward,strike,vol\n1Y,0.03,0.03,0.01\n", "the column 'tenor' is missing"),
        ("expiry,tenor,strike,vol\n1Y,5Y,0.03,0.01\n", "there is no column of forwards"),
        ("expiry,tenor,forward,vol\n1Y,5Y,0.03,0.01\n", "there is no column of strikes"),
        ("expiry,tenor,forward,strike\n1Y,5Y,0.03,0.01\n", "there is no column of vols"),
        (HEAD + "soon,5Y,0.03,0,90\n", "cube.csv:2: expiry: must be a length of time, got 'soon'"),
        (HEAD + "0Y,5Y,0.03,0,90\n", "must be a length of time"),
        (HEAD + "1Y,5Y,3.6,0,90\n", "forward is implausible"),
        (HEAD + "1Y,5Y,0.036,0,90000\n", "vol is implausible"),
        (HEAD + "1Y,5Y,0.036,0,-90\n", "vol is implausible"),
        (HEAD + "1Y,5Y,0.036,0,\n", "cube.csv:2: vol_bp: the line has none"),
        (HEAD + "1Y,5Y,0.036,zero,90\n", "must be a number"),
        (HEAD + "1Y,5Y,0.036,0,90\n1Y,5Y,0.037,10,90\n", "the lines of one cell have one forward"),
        (HEAD + "1Y,5Y,0.036,0,90\n1Y,5Y,0.036,0,91\n", "a strike is quoted twice in its cell"),
        (HEAD + "1Y,5Y,0.036,0,90\n1Y,5Y,0.036,50,91\n", "fitted to three quotes or more"),
        (
            "expiry,tenor,forward,strike,offset_bp,vol\n1Y,5Y,0.03,0.03,0,0.01\n",
            "two columns hold the same in two units",
        ),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "cube.csv"
    path.write_text(text)
    got = CliRunner().invoke(main, ["cube", str(path)])
    errors = [line for line in got.output.splitlines() if line.startswith("error:")]
    assert got.exit_code == 2 and len(errors) == 1 and message in errors[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--at", "4Y"], "a smile is asked for at an expiry and a tenor"),
        (["--at", "4Y,long"], "must be a length of time"),
        (["--beta", "0.5"], "a normal SABR smile has beta 0"),
        (["--vol", "lognormal"], "vol is implausible"),
        (["--chart", "cube.gif"], "a chart is one of"),
        (["--toml", "--vol", "lognormal"], "smiles of a scenario are normal ones"),
    ],
)
def test_wrong_options_are_one_line(tmp_path: Path, options: list[str], message: str) -> None:
    got = CliRunner().invoke(main, ["cube", str(written(tmp_path / "cube.csv")), *options])
    assert got.exit_code == 2 and message in got.output


def test_cells_have_their_own_names() -> None:
    with pytest.raises(UserError, match="a cube has cells, each once"):
        Cube.fit([quotes(1, 5), quotes(1, 5)])


def test_fitted_smiles_are_keys_of_a_scenario(tmp_path: Path) -> None:
    """Options of a book then have the vol of their expiry, length and strike."""
    got = CliRunner().invoke(main, ["cube", str(written(tmp_path / "cube.csv")), "--toml"])
    smiles = tomllib.loads(got.output)["market"]["rates"]["smiles"]
    assert got.exit_code == 0 and list(smiles) == ["1y_5y", "1y_10y", "5y_5y", "5y_10y"]
    line = {"kind": "swaption", "side": "payer", "expiry": "2025-02-19", "swap_months": 60, "notional": 1e9}
    book = [{**line, "fixed_rate": strike} for strike in (0.02, 0.05)] + [
        {**line, "fixed_rate": 0.02, "normal_vol": 0.01}
    ]
    agents = {"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": book}}
    scenario = crisis(market={"rates": {"smiles": smiles}}, agents=agents)
    assert from_dict(scenario.to_dict(), as_given=True).market.rates.smiles == scenario.market.rates.smiles
    desk = world_of(scenario, 1).desks["desk"]
    (table,) = desk.book.tables
    years = table.clock.calendar_years_to(date(2025, 2, 19))
    swaption = desk.book.book.instruments[0]
    forward = par(swaption.optionlets(table.clock, table.start), table.clock, table.start)
    cube = Cube.fit([quotes(*cell) for cell in CELLS])
    expected = [float(cube.vol(years, 5.0, strike, forward)) for strike in (0.02, 0.05)]
    np.testing.assert_allclose(table.vol, [*expected, 0.01], rtol=1e-4)  # a length of 60 months is not quite 5 years


def test_smiles_of_one_cell_are_refused() -> None:
    twice = {name: {"expiry": 1.0, "tenor": 5.0, "vol": 0.009} for name in ("one", "other")}
    book = [{"kind": "cap", "months": 60, "notional": 1e9}]
    agents = {"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": book}}
    with pytest.raises(UserError, match=r"market\.rates\.smiles: smiles are given once for each expiry and tenor"):
        world_of(crisis(market={"rates": {"smiles": twice}}, agents=agents), 1)
