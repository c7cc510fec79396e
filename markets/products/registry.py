"""Products by the `kind` that a line of a book gives them; a new product needs one entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.registry import Registry

if TYPE_CHECKING:
    from markets.products.product import Instrument, Line
    from markets.products.start import Start

PRODUCTS: Registry[type[Instrument]] = Registry(
    {
        "put": "markets.products.option:Option",
        "call": "markets.products.option:Option",
        "swap": "markets.products.swap:Swap",
        "ois": "markets.products.ois:Ois",
        "basis_swap": "markets.products.basis_swap:BasisSwap",
        "cross_currency_swap": "markets.products.cross_currency_swap:CrossCurrencySwap",
        "bond": "markets.products.bond:Bond",
        "bill": "markets.products.bill:Bill",
        "cd": "markets.products.deposit:Deposit",
        "fra": "markets.products.fra:Fra",
        "sofr_3m": "markets.products.sofr_future:SofrFuture",
        "sofr_1m": "markets.products.sofr_future:SofrFuture",
        "swaption": "markets.products.swaption:Swaption",
        "bermudan_swaption": "markets.products.bermudan_swaption:BermudanSwaption",
        "cancellable_swap": "markets.products.cancellable_swap:CancellableSwap",
        "cap": "markets.products.cap:Cap",
        "floor": "markets.products.cap:Cap",
        "cds": "markets.products.cds:Cds",
        "risky_bond": "markets.products.risky_bond:RiskyBond",
        "loan": "markets.products.risky_bond:RiskyBond",
        "equity_note": "markets.products.equity_note:EquityNote",
        "autocall": "markets.products.autocall:Autocall",
        "gamma_claim": "markets.products.gamma_claim:GammaClaim",
        "asset": "markets.products.asset:Asset",
        "future": "markets.products.future:Future",
    }
)


def parse(line: Line, start: Start) -> Instrument:
    """The instrument that a line of a book means. Raises UserError for what the line lacks."""
    return PRODUCTS[line.kind].parse(line, start)
