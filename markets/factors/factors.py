"""Shim."""
from __future__ import annotations

from typing import Any, NamedTuple

from markets.factors.factor_market import FactorMarket
from markets.factors.foresight import foresight
from markets.factors.key import SHORT_NAMES, SPOT, FactorKey
from markets.factors.setting import Setting

Vector = Any
NODES = ("overnight", "us2y", "us10y")
OBSERVED = ("spot", "vol", *NODES, "credit")

class State(NamedTuple):
    spot: Vector
    vol: Vector
    overnight: Vector
    us2y: Vector
    us10y: Vector

class T:
    def __init__(self, v): self.total = v

class Imp:
    def __init__(self, f): self.f = f
    def __getitem__(self, v): return T(FactorMarket.impact(self.f, key(v)))

def key(v):
    return SPOT if v == "asset" else SHORT_NAMES[v] if v in SHORT_NAMES else FactorKey("spot", v)

class Factors(FactorMarket):
    def __init__(self, **k):
        self._s = Setting(**k)
        self.version = 0
        super().__init__(self._s)
        self.impact = Imp(self)
    def __setattr__(self, n, v):
        if n == "snapshot": self.version += 1
        object.__setattr__(self, n, v)
    @property
    def state(self): return State(self.spot, self.vol, self.overnight, self.us2y, self.us10y)
    def displaced_by(self, v, p, r): self.let_move(key(v), p, r)
    def move(self, v, m): self.displace(key(v), m)
    def price(self, a): return self.snapshot.row(key(a))
    def law(self, a): return self.assets[key(a)].price
    def realised_vol(self, a="asset"): return super().realised_vol(key(a))
    @property
    def vol_base(self): return self.implied.base
    @property
    def credit0(self): return self.spread.at_start
    @property
    def stress(self): return self.spread.stress
    @stress.setter
    def stress(self, v): self.spread.stress = v
    def foresight(self): return foresight(self, self._s.clock, self._s.streams)
    def if_spot_moved(self, d): return self.state._replace(spot=self.equity.price.moved(self.spot, d))

def rate_mixing(spec):
    from markets.factors.curve_noise import node_mixing
    return node_mixing(spec.curve)
