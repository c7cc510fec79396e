"""Products by the `kind` that a line of a book gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.products.asset import Asset
from markets.products.autocall import Autocall
from markets.products.basis_swap import BasisSwap
from markets.products.bermudan_swaption import BermudanSwaption
from markets.products.bill import Bill
from markets.products.bond import Bond
from markets.products.cancellable_swap import CancellableSwap
from markets.products.cap import Cap
from markets.products.cds import Cds
from markets.products.cross_currency_swap import CrossCurrencySwap
from markets.products.deposit import Deposit
from markets.products.equity_note import EquityNote
from markets.products.fra import Fra
from markets.products.future import Future
from markets.products.gamma_claim import GammaClaim
from markets.products.ois import Ois
from markets.products.option import Option
from markets.products.risky_bond import RiskyBond
from markets.products.sofr_future import SofrFuture
from markets.products.swap import Swap
from markets.products.swaption import Swaption

if TYPE_CHECKING:
    from markets.products.product import Instrument, Line
    from markets.products.start import Start

PRODUCTS: dict[str, type[Instrument]] = {
    "put": Option,
    "call": Option,
    "swap": Swap,
    "ois": Ois,
    "basis_swap": BasisSwap,
    "cross_currency_swap": CrossCurrencySwap,
    "bond": Bond,
    "bill": Bill,
    "cd": Deposit,
    "fra": Fra,
    "sofr_3m": SofrFuture,
    "sofr_1m": SofrFuture,
    "swaption": Swaption,
    "bermudan_swaption": BermudanSwaption,
    "cancellable_swap": CancellableSwap,
    "cap": Cap,
    "floor": Cap,
    "cds": Cds,
    "risky_bond": RiskyBond,
    "loan": RiskyBond,
    "equity_note": EquityNote,
    "autocall": Autocall,
    "gamma_claim": GammaClaim,
    "asset": Asset,
    "future": Future,
}


def parse(line: Line, start: Start) -> Instrument:
    """The instrument that a line of a book means. Raises UserError for what the line lacks."""
    return PRODUCTS[line.kind].parse(line, start)
