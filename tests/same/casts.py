"""Random scenarios that between them hold every agent, asset, policy, quoting rule and clearing."""

from __future__ import annotations

from typing import Any

import numpy as np

POLICIES = ("never", "every", "band", "whalley_wilmott", "zakamouline", "leland", "on_move")
SCHEDULES = ("even", "almgren_chriss", "obizhaeva_wang")
QUOTING = ("vol_proportional", "avellaneda_stoikov", "symmetric")
ROUNDS = 7  # of random scenarios: each policy is the desk's once


def casts() -> dict[str, dict[str, Any]]:
    """Scenario tables by name; the same ones for ever, so that two revisions can be compared on them."""
    return {f"cast_{number}": _cast(number) for number in range(ROUNDS)} | {
        "cast_rates": _rates(),
        "cast_options": _options(),
        "cast_vol": _vol(),
    }


def _cast(number: int) -> dict[str, Any]:
    """Eight trading days of a random crisis in which everybody takes part."""
    random = np.random.Generator(np.random.Philox(number))
    between = lambda low, high: float(random.uniform(low, high))  # noqa: E731
    return {
        "name": f"cast_{number}",
        "clock": {"tick_minutes": (65, 130, 195)[number % 3]},
        "market": {
            "dispersion": between(0, 1),
            "dividend_yield": between(0, 0.02),
            "price_model": ("lognormal", "normal")[number % 4 == 3],
            "jumps": {"kind": ("none", "merton", "kou")[number % 3], "intensity": 20.0},
        },
        "feedback": {"leverage": between(0.5, 1.5), "impact": between(0.5, 2), "margin": float(number % 2)},
        "venue": {
            "asset": {
                "depth": between(2e9, 3e10),
                "permanent_share": between(0, 1),
                "clearing": ("sequential", "fixed_point")[number % 2],
                "halts": [0.07, 0.13],
            }
        },
        "storyline": {"anchor": _storyline(between)},
        "assets": {"oil": _asset(between(0.1, 0.9)), "gold": _asset(between(-0.3, 0.1))},
        "agents": _agents(number, between),
        "run": {"seed": number, "attribution": ("daily", "tick")[number % 2], "witnesses": 4},
    }


def _rates() -> dict[str, Any]:
    """A cast like the others on quoted curves, with bonds, who must sell them, and options on rates and their vol."""
    cast = _cast(ROUNDS)
    for anchor, rate in zip(cast["storyline"]["anchor"], (0.027, 0.033, 0.030), strict=True):
        anchor["nodes"] = {"us20y": rate}
    rates = {"2Y": 0.0202, "10Y": 0.0248, "20Y": 0.0266, "30Y": 0.027}
    cast["market"]["rates"] = {
        "nodes": {"us20y": {"years": 20, "vol": 0.008, "correlation": {"us10y": 0.9}}},
        "bonds": {"strip": {"node": "us20y", "venue": {"half_spread": 1e-4, "depth": 2e9, "impact": 1.2e-3}}},
        "curves": {"sofr": {"convention": "usd_sofr", "interpolation": "log_cubic", "rates": rates}},
    }
    agents = cast["agents"]
    cast["market"]["rates"]["futures"] = {"strip_future": {"bond": "strip", "basis_vol": 0.002, "premium": 10.0}}
    cast["market"]["rates"]["repo"] = {"usd": {}}
    cast["market"]["rates"]["vol"] = {"usd": {}}
    cast["market"]["rates"]["straddles"] = {"s6m5y": {"expiry_months": 6, "tenor_months": 60}}
    agents["maker"]["venues"] += ["strip", "strip_future", "s6m5y"]
    agents["desk"]["vega_leg"] = {"venues": ["s6m5y"], "band": 0.05}
    agents["rival"]["rates_leg"] = {"venues": ["us2y", "us10y", "strip"], "ridge": 0.01}
    agents["relative"] = {"type": "BasisFund", "venue": "strip", "future": "strip_future", "capital": 1e8}
    agents["pensions"] = {"type": "LiabilityFund", "venue": "strip", "capital": 2e9, "leverage": 3.0, "interval": "1d"}
    agents["mortgages"] = {"type": "ConvexityHedger", "venue": "strip", "balance": 5e9, "extension": 150.0}
    option = {"kind": "swaption", "side": "payer", "months": 6, "swap_months": 60, "notional": -1e9}
    agents["desk"]["book"] += [option, {"kind": "cap", "fixed_rate": 0.03, "months": 24, "notional": 1e9}]
    agents["desk"]["book"] += [
        {"kind": "bond", "expiry": "2030-02-15", "fixed_rate": 0.02, "price": 99.0, "notional": 2e8},
        {"kind": "fra", "tenor": "3x6", "notional": -5e8},
        {"kind": "sofr_3m", "tenor": "Z9", "notional": 1e9},
        {"kind": "ois", "start": "2019-06-17", "months": 60, "profile": "amortising", "notional": -3e8},
    ]
    _spread_out(cast)
    cast["name"] = "cast_rates"
    return cast


def _options() -> dict[str, Any]:
    """A cast like the others that buys back vega and gamma in listed options, from makers who hedge what they sell."""
    cast = _cast(ROUNDS + 1)
    listed = {"m1": {"expiry_days": 30}, "low": {"kind": "put", "moneyness": 0.9, "expiry_months": 3, "smile": "roll"}}
    cast["market"]["options"] = listed
    agents = cast["agents"]
    agents["maker"]["venues"] += ["low"]
    agents["option_maker"] = {"type": "OptionMaker", "venues": ["m1", "low"], "vega_limit": 5e7}
    agents["desk"]["option_leg"] = {"venues": ["m1", "low"], "target": "both", "share": 0.5, "band": 0.05}
    agents["rival"]["option_leg"] = {"hold": {"low": 1e4}}
    agents["desk"]["policy"] = {"kind": "learned", "hidden": 1, "weights": [0.1, 0.2, -0.1, 0.3, 0.1, -0.2, 0.2, 0.1]}
    cast["name"] = "cast_options"
    return cast


def _vol() -> dict[str, Any]:
    """A cast like the others with funds that trade vol or follow a rule, and investors who ask a price."""
    cast = _cast(ROUNDS + 1)
    agents = cast["agents"]
    cast["market"]["vol_futures"] = {"vx": {"power": 0.8, "roll": 0.2}}
    cast["market"]["rates"] = {"bonds": {"note": {"node": "us10y"}}}
    cast["venue"]["asset"]["investors"] = {"capacity": 2e9, "half_life_days": 1.0}
    agents["maker"]["venues"] = [*agents["maker"]["venues"], "vx", "note"]
    agents |= {
        "inverse": {"type": "LeveredProduct", "venue": "vx", "capital": 5e8, "window": 130},
        "triple": {"type": "LeveredProduct", "leverage": 3.0, "capital": 2e8},
        "target": {"type": "VolTargetFund", "capital": 3e9, "speed": 0.5},
        "implied": {"type": "VolTargetFund", "capital": 1e9, "estimate": {"kind": "implied"}, "interval": "2h"},
        "balanced": {"type": "RiskParityFund", "capital": 2e9, "venues": ["asset", "gold", "note"]},
        "trend": {"type": "TrendFollower", "capital": 1e9, "trend": {"windows": [1, 3], "past_return": 0.001}},
        "crossing": {"type": "TrendFollower", "venue": "vx", "capital": 1e8, "trend": {"kind": "crossover"}},
        "patient": {"type": "ValueInvestor", "capital": 2e9, "error": 0.2, "speed": 0.3, "venue": "oil"},
    }
    return cast | {"name": "cast_vol"}


def _spread_out(cast: dict[str, Any]) -> None:
    """Spreads that move, euros, swaps between them, and names, one of which may default."""
    eur = {"eur_on": {"years": 0, "rate": 0.0}, "eur_10y": {"years": 10, "rate": 0.01, "correlation": {"us10y": 0.6}}}
    cast["market"]["rates"] |= {
        "spreads": {
            "term": {"level": 0.002, "vol": 0.003, "correlation": {"spot": -0.4, "us2y": 0.2}},
            "swap_spread": {"level": -0.003, "vol": 0.002},
            "eur_basis": {"over": "eur", "level": -0.002, "correlation": {"fx_eur": 0.3}},
        },
        "projection": "term",
        "currencies": {"eur": {"basis": "eur_basis", "nodes": eur}},
    }
    cast["market"]["rates"]["bonds"]["strip"] |= {"spread": "swap_spread", "spread_share": 0.7}
    cast["market"]["fx"] = {"eur": {"spot": 1.1, "correlation": {"spot": 0.2}}}
    euros = {"kind": "cross_currency_swap", "currency": "eur", "months": 60, "notional": 5e8, "resetting": True}
    basis = {"kind": "basis_swap", "curve": "term", "against": "discount", "months": 24, "notional": -1e9}
    cast["agents"]["desk"]["book"] += [euros, basis]
    traded = {"half_spread": 3e-5, "depth": 2e9, "impact": 2e-4}
    cast["market"]["credits"] = {
        "ig": {"quotes": {"1Y": 0.005, "5Y": 0.008}, "correlation": {"spot": -0.3, "term": 0.2}, "venue": traded},
        "frail": {"quotes": {"5Y": 0.2}, "follows": "ig", "defaults": True, "contagion": 2.0, "auction": 0.3},
    }
    cast["agents"]["maker"]["venues"] += ["ig"]
    cast["agents"]["desk"]["credit_leg"] = {"venues": ["ig"]}
    names = ({"credit": "ig", "notional": -5e8}, {"credit": "frail", "notional": 2e8, "fixed_rate": 0.05})
    cast["agents"]["desk"]["book"] += [{"kind": "cds", "months": 60, **each} for each in names]


def _storyline(between: Any) -> list[dict[str, Any]]:
    level = {"spot": 3000.0, "vol": 0.18, "overnight": 0.02, "us2y": 0.02, "us10y": 0.025, "credit": 0.01}
    worst = {
        "spot": 3000.0 * between(0.7, 1.1),
        "vol": between(0.15, 0.8),
        "us10y": between(0.015, 0.04),
        "credit": between(0.01, 0.04),
    }
    last = {"date": "2020-03-02", "spot": 2900.0, "us2y": between(0.01, 0.03)}
    return [{"date": "2020-02-19", **level}, {"date": "2020-02-26", **worst}, last]


def _asset(correlation: float) -> dict[str, Any]:
    return {
        "spot": 50.0,
        "vol": 0.3,
        "correlation": {"asset": correlation},
        "venue": {"half_spread": 5e-4, "depth": 2e9, "impact": 0.005},
    }


def _agents(number: int, between: Any) -> dict[str, Any]:
    everything = ["asset", "us2y", "us10y", "oil", "gold"]
    quoting = {"kind": QUOTING[number % 3]}
    return {
        "maker": {"type": "MarketMaker", "capital": between(2e8, 2e9), "venues": everything},
        "fast": {"type": "MarketMaker", "capital": 3e8, "venues": ["asset"], "quoting": quoting},
        "desk": _desk(POLICIES[number % len(POLICIES)], between),
        "rival": _desk(POLICIES[(number + 3) % len(POLICIES)], between) | {"latency_seconds": 60, "count": 2},
        "customers": {"type": "ClientFlow", "rate": between(1, 50), "venue": ("asset", "us10y")[number % 2]},
        "fund": {"type": "LeveredFund", "capital": 5e8, "holding": 4e5, "venue": "oil"},
        "parity": {"type": "ProportionalFund", "capital": 1e9, "holdings": {"asset": 1e5, "gold": 2e6}},
        "seller": {"type": "Executor", "quantity": -between(1e4, 1e6), "schedule": SCHEDULES[number % 3]},
        "insider": {"type": "InformedTrader"},
        "noise": {"type": "NoiseTrader", "size": 1e5, "venue": "gold"},
        "bank": {
            "type": "FundingDesk",
            "line": between(1e8, 3e9),
            "netting": bool(number % 2),
            "obligations": [{"debtor": "desk", "creditor": "rival", "amount": 5e7, "due": "2020-02-28"}],
        },
    }


def _desk(policy: str, between: Any) -> dict[str, Any]:
    return {
        "type": "Hedger",
        "capital": between(2e8, 2e9),
        "policy": {"kind": policy, "interval": "2h"},
        "book": [
            {"kind": "put", "moneyness": between(0.8, 1.05), "months": 3, "notional": -between(1e9, 1e10)},
            {"kind": "call", "moneyness": 1.1, "expiry": "2020-02-28", "notional": -between(1e8, 1e9)},
            {"kind": "swap", "notional": between(-1e10, 1e10), "expiry": "2030-02-19"},
        ],
    }
