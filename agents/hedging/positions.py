"""A position of a desk's book as written in a file, before the market's level is known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from markets.factors.key import MAIN
from markets.plausible import CAP, MONEYNESS, PAR_PRICE, PARTICIPATION, PROTECTION, RATE, SPEED, YIELD_VOL
from markets.products.product import Compounding, Model, Profile, Stub
from markets.products.registry import PRODUCTS
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.place import Place

MOST_MONTHS = 1_200  # a century
NEEDED = {
    "side": "payer or receiver",
    "swap_months": "months from its expiry to the maturity of its swap",
    "currency": "the one of `market.fx` that is received or paid",
    "credit": "the one of `market.credits` that is protected, or that owes",
    "curve": "the one of `market.rates.spreads` or `curves` that the rate received is read from",
    "against": "the curve that the rate paid is read from",
    "tenor": "'1x4' of an agreement from one to four months on, 'M6' of a future",
    "fixed_rate": "0.04 is 4 %",
}


@dataclass(frozen=True, kw_only=True)
class Position:
    """One line of a book. Negative quantity or notional: the desk is short, or pays fixed (swaps)."""

    kind: str = param(help="instrument", among=PRODUCTS)
    strike: float | None = param(
        None,
        unit="$",
        help="strike; price agreed on in a future (default: the forward at the start)",
        gt=0,
        against="the starting spot",
    )
    moneyness: float | None = param(
        None, unit="share of the starting spot", help="strike, instead of `strike`", gt=0, plausible=MONEYNESS
    )
    expiry: date | None = param(None, help="expiry of an option or a future, maturity of a swap or a cap")
    months: int | None = param(
        None, unit="months", help="tenor from the start, instead of `expiry`", gt=0, le=MOST_MONTHS
    )
    quantity: float | None = param(
        None,
        unit="units of the asset",
        help="signed size of a position other than in rates",
        against="the desk's capital",
    )
    notional: float | None = param(
        None,
        unit="$",
        help="signed notional: of a position in rates, or of another one at the starting spot",
        against="the desk's capital",
    )
    fixed_rate: float | None = param(
        None,
        unit="decimal",
        help="fixed rate of a swap, coupon of a CDS, strike of an option on rates (default: par)",
        plausible=RATE,
    )
    side: Literal["payer", "receiver"] | None = param(None, help="whether a swaption pays or receives the fixed rate")
    swap_months: int | None = param(
        None, unit="months", help="length of a swaption's swap, which starts at its expiry", gt=0, le=MOST_MONTHS
    )
    normal_vol: float | None = param(
        None,
        unit="decimal per sqrt(trading year)",
        help="normal vol of an option on rates (default: `market.rates.normal_vol`)",
        ge=0,
        plausible=YIELD_VOL,
    )
    currency: str = param("", help="of a cross-currency swap: its notional and its spread are in it", longest=40)
    credit: str = param("", help="of a credit default swap, a bond or a loan: the name", longest=40, sparse=True)
    resetting: bool | None = param(
        None, help="whether a cross-currency swap's dollars are reset to the FX rate every period (default: no)"
    )
    curve: str = param("", help="of a basis swap: the curve that the rate received is read from", longest=40)
    against: str = param("", help="of a basis swap: the curve that the rate paid is read from", longest=40)
    start: date | None = param(
        None, help="first day of a swap or a deposit, where it is not the market's spot day; may be past"
    )
    spread: float | None = param(
        None,
        unit="decimal",
        help="on the floating rate of a swap; continuous yield of a bond, bill or deposit above the curve",
        plausible=RATE,
    )
    compounding: Compounding | None = param(
        None, help="whether the overnight rates of a period are compounded (default) or averaged"
    )
    profile: Profile | None = param(
        None, help="notional the same (default), falling to nothing in equal steps, or rising so"
    )
    notionals: tuple[float, ...] = param(
        (),
        help="notional of each fixed period as a share of `notional`",
        longest=1_200,
        plausible=(1e-4, 100.0),
        sparse=True,
    )
    stub: Stub | None = param(
        None, help="where the odd period of a swap is (default: front), and whether it is joined to the next whole one"
    )
    past_rate: float | None = param(
        None,
        unit="decimal",
        help="average of the overnight rate from `start` to the first day (default: that of the first day)",
        plausible=RATE,
    )
    price: float | None = param(
        None,
        unit="per 100",
        help="clean price of a bond, price of a bill or a future, at the start",
        gt=0,
        le=1_000,
        plausible=PAR_PRICE,
    )
    quoted_rate: float | None = param(
        None,
        unit="decimal",
        help="yield of a bond, discount rate of a bill, market rate of a deposit, in place of `price`",
        plausible=RATE,
    )
    tenor: str = param(
        "", help="months of a forward rate agreement, '1x4'; code of a future, 'M6'", longest=20, sparse=True
    )
    convention: str = param(
        "", help="market of a bond, or of overnight rates: us_treasury, uk_gilt, usd_sofr, ...", longest=40, sparse=True
    )
    day_count: str = param("", help="of a bond's coupons, where it is not the market's", longest=20, sparse=True)
    frequency: int | None = param(
        None, help="coupons of a bond or a note a year, where they are not the market's, or 1", ge=1, le=12
    )
    reversion: float | None = param(
        None,
        unit="1/year",
        help="of the Hull-White model that says a future's convexity (default: 0.03)",
        ge=0,
        plausible=SPEED,
    )
    model: Model | None = param(
        None, help="by what options on the asset are valued (default: Black-Scholes at the vol of the smile)"
    )
    protection: float | None = param(
        None,
        help="of a note: share of the notional paid back whatever happens (default: 1)",
        ge=0,
        plausible=PROTECTION,
    )
    participation: float | None = param(
        None, help="of a note: share of the rise that it pays (default: 1)", ge=0, plausible=PARTICIPATION
    )
    cap: float | None = param(
        None,
        unit="share of the starting spot",
        help="of a note: the highest rise above its strike that counts (default: none)",
        gt=0,
        plausible=CAP,
    )
    barrier: float | None = param(
        None,
        unit="share of the starting spot",
        help="of an autocall: where it ends (default: 1)",
        gt=0,
        plausible=MONEYNESS,
    )
    coupon_barrier: float | None = param(
        None,
        unit="share of the starting spot",
        help="of an autocall: where it pays its coupon (default: its barrier)",
        gt=0,
        plausible=MONEYNESS,
    )
    protection_barrier: float | None = param(
        None,
        unit="share of the starting spot",
        help="of an autocall: below it the holder has the asset's fall at maturity (default: 0.6)",
        gt=0,
        plausible=MONEYNESS,
    )
    observation_months: int | None = param(
        None, unit="months", help="of an autocall: between observations (default: 12)", gt=0, le=MOST_MONTHS
    )
    memory: bool | None = param(None, help="of an autocall: whether coupons not paid are paid later (default: no)")
    asset: str = param(
        "", help="further asset with `implied` that it is on (default: the main one)", longest=40, sparse=True
    )

    def check(self, start: date, at: Place, assets: Sequence[str] = ()) -> None:
        """Strike, expiry and size must each be given in one way; no keys of other instruments. Raises UserError.

        start: the run's first day, which the expiry must follow. assets: further ones with a vol of their own.
        """
        takes = PRODUCTS[self.kind].takes
        for key in takes.none:
            self._refuse(key, takes.why or f"{self._name} has none", at)
        if takes.expiry:
            self._check_one_of("expiry", "months", at)
        if takes.strike == "needed" or (self.strike is not None and self.moneyness is not None):
            self._check_one_of("strike", "moneyness", at)
        if not takes.notional:
            self._check_one_of("quantity", "notional", at)
        elif self.notional is None:
            raise at.at("notional").error(f"{self._name} needs its notional", remedy=takes.notional)
        for key in takes.needed:
            if getattr(self, key) in (None, ""):
                raise at.at(key).error(f"{self._name} needs `{key}`", remedy=NEEDED[key])
        if self.asset not in ("", MAIN, *assets):
            remedy = nearest(self.asset, list(assets)) if assets else f"write [assets.{self.asset}.implied]"
            raise at.at("asset").error("no further asset with a vol of its own", value=self.asset, remedy=remedy)
        if self.price is not None:
            self._refuse("quoted_rate", "`price` says it", at)
        if self.expiry is not None and self.expiry <= start:
            remedy = f"the scenario starts at the close of {start}"
            raise at.at("expiry").error("expiry must be after the start", value=str(self.expiry), remedy=remedy)

    @property
    def _name(self) -> str:
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

    def _check_one_of(self, first: str, second: str, at: Place) -> None:
        given = [key for key in (first, second) if getattr(self, key) is not None]
        if len(given) != 1:
            remedy = f"{self._name} has one of each pair"
            raise at.error(f"needs exactly one of {first} and {second}", value=f"{len(given)} of them", remedy=remedy)

    def _refuse(self, key: str, why: str, at: Place) -> None:
        if getattr(self, key) not in (None, "", ()):
            value = getattr(self, key)
            shown = str(value) if isinstance(value, date) else value
            raise at.at(key).error(f"{key} does not belong here: {why}", value=shown)
