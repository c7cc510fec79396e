"""Estimators and formats against hand-computed values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import numbers, pnl
from analysis.numbers import Number, money


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-1.234e6, None, "−$1.23m"),
        (3.0e8, 3.2e6, "$300 ± 3m"),
        (1.2345e9, 0.6e7, "$1.234 ± 0.006bn"),
        (950.0, None, "$950"),
        (999.97e6, None, "$1.00bn"),
        (999.6e6, 3e6, "$1.000 ± 0.003bn"),
        (999_600.0, None, "$1.00m"),
        (-12_345.0, None, "−$12.3k"),
        (0.0, None, "$0"),
        (-0.0, None, "$0"),
        (1.712e6, 1e-3, "$1.712m"),
        (math.nan, None, "n/a"),
    ],
)
def test_money_reads_like_a_trader_writes_it(value: float, error: float | None, text: str) -> None:
    assert money(value, error) == text


def test_units_are_written_out() -> None:
    assert str(Number(value=0.8269, unit="vol", label="")) == "82.7 %"
    assert str(Number(value=0.0401, unit="rate", label="", error=0.0001)) == "401 ± 1 bp"
    assert str(Number(value=5.75, unit="multiple", label="", error=0.04)) == "5.75 ± 0.04x"
    assert str(Number(value=-0.123, unit="share", label="")) == "−12.3 %"
    assert str(Number(value=math.inf, unit="gain", label="")) == "n/a"


def test_mean_and_its_error() -> None:
    found = numbers.mean(np.array([1.0, 2.0, 3.0, 6.0]), "$", "x")
    assert found.value == 3.0
    assert found.error == pytest.approx(math.sqrt(14 / 3) / 2)
    assert numbers.mean(np.array([5.0]), "$", "x").error is None
    assert not numbers.mean(np.array([]), "$", "x").known


def test_share_keeps_an_error_at_the_edges() -> None:
    found = numbers.share(96, 96, "x")
    assert found.value == 1.0
    assert found.error == pytest.approx(math.sqrt(0.98 * 0.02 / 100))


def test_ratio_has_the_delta_method_error() -> None:
    top, bottom = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 5.0, 6.0, 5.0])
    found = numbers.ratio(top, bottom, "x")
    rest = top - 0.5 * bottom
    assert found.value == 0.5
    assert found.error == pytest.approx(rest.std(ddof=1) / 2 / 5.0)
    assert not numbers.ratio(top, np.array([1.0, -1.0, 1.0, -1.0]), "x").known


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_quantile_error_covers_the_truth(share: float) -> None:
    rng = np.random.default_rng(3)
    truth = {0.05: -1.6448536, 0.5: 0.0, 0.95: 1.6448536}[share]
    found = [numbers.quantile(rng.standard_normal(2000), share, "$", "x") for _ in range(300)]
    z = np.array([(q.value - truth) / q.error for q in found if q.error is not None])
    assert abs(z.mean()) < 3 * 1 / math.sqrt(300) + 0.1  # the bias of a quantile of 2,000 is small beside its error
    assert 0.85 < z.std() < 1.15


def test_shortfall_of_a_known_sample() -> None:
    losses = np.arange(1.0, 101.0)  # P&L of -1 ... -100: the worst five lose 96 ... 100
    assert pnl.expected_shortfall(-losses, 0.95).value == pytest.approx(98.0)
    assert pnl.expected_shortfall(-losses, 0.99).value == pytest.approx(100.0)
    assert pnl.value_at_risk(-losses, 0.95).value == pytest.approx(np.quantile(losses, 0.95))


def test_shortfall_counts_the_path_on_the_edge_in_part() -> None:
    losses = np.arange(1.0, 31.0)  # 5 % of 30 paths is a path and a half
    assert pnl.expected_shortfall(-losses, 0.95).value == pytest.approx((30 + 0.5 * 29) / 1.5)
    assert pnl.expected_shortfall(np.array([-7.0]), 0.95).value == pytest.approx(7.0)


def test_shortfall_of_normal_losses_is_within_its_error() -> None:
    rng = np.random.default_rng(11)
    truth = math.exp(-(1.6448536**2) / 2) / math.sqrt(2 * math.pi) / 0.05
    found = [pnl.expected_shortfall(rng.standard_normal(4000), 0.95) for _ in range(200)]
    z = np.array([(es.value - truth) / es.error for es in found if es.error is not None])
    assert abs(z.mean()) < 0.3
    assert 0.8 < z.std() < 1.2
