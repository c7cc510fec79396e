"""Sensitivities, issues and residual risks from a table."""

from __future__ import annotations

import numpy as np

from agents.capital.default_risk import BUCKETS, LOSSES, WEIGHTS, Issue
from agents.capital.frtb import Positions, risk_classes
from agents.capital.risk_class import VEGA_MATURITIES, RiskClass
from agents.capital.risk_factor import MEASURES, Measure, RiskFactor, Sensitivity
from scenarios.files.csv_table import Row, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from scenarios.studies.charges.cells import needed, word, years
from sim.errors import UserError

ALIASES: dict[str, tuple[str, ...]] = {
    "measure": ("risk", "risktype", "sensitivity", "sensitivitytype"),
    "class": ("riskclass", "assetclass"),
    "bucket": ("currency", "ccy"),
    "name": ("curve", "issuer", "obligor", "qualifier"),
    "tenor": ("maturity", "expiry", "years", "label1"),
    "underlying": ("underlyingmaturity", "residualmaturity", "label2"),
    "kind": ("subtype",),
    "location": ("deliverylocation", "place"),
    "amount": ("value", "sensitivityamount", "amountusd", "notional", "cvrup"),
    "down": ("cvrdown",),
    "rating": ("creditquality",),
    "seniority": (),
    "gain": ("pnl", "profit"),
}
REMARKS = ("note", "notes", "comment", "comments", "id", "trade", "desk", "book", "description")
NUMBERS = ("tenor", "underlying", "amount", "down", "gain")
FURTHER = ("default", "exotic", "residual")
EXAMPLES = {
    "amount": "$ per 1.00 of a rate; vega times the vol; a notional of default, exotic and residual",
    "down": "curvature needs the loss beyond delta of both moves: amount up, down",
}


def read_sensitivities(source: Source, *, home: str) -> tuple[Positions, tuple[str, ...]]:
    """The positions of a CSV file or a frame, and notes. home: the reporting currency. Raises UserError."""
    layout = Layout("sensitivities", ALIASES, ("measure", "amount"), (), NUMBERS, REMARKS)
    table, classes = read_table(source, layout), risk_classes(home)
    table.check_case("name")
    sensitivities: list[Sensitivity] = []
    issues: list[Issue] = []
    gross = {"exotic": 0.0, "residual": 0.0}
    ratings: dict[str, str] = {}
    for row in table.rows:
        measure = word(row, "measure", (*MEASURES, *FURTHER))
        amount = needed(row, "amount", EXAMPLES["amount"])
        if measure in gross:
            gross[measure] += abs(amount)
        elif measure == "default":
            issues.append(_issue(row, amount, ratings))
        else:
            sensitivities.append(_sensitivity(row, measure, amount, classes))
    exotic, residual = (np.array([gross[kind]]) for kind in ("exotic", "residual"))
    return Positions(sensitivities, issues, exotic, residual), tuple(f"{table.name}: {n}" for n in table.notes)


def _sensitivity(row: Row, measure: str, amount: float, classes: dict[str, RiskClass]) -> Sensitivity:
    risk = classes[word(row, "class", [*classes])]
    found = next(each for each in MEASURES if each == measure)
    kind = _kind(row, found, risk)
    tenor, underlying = _times(row, measure, risk, kind)
    factor = RiskFactor(_bucket(row, risk), row.text("name") or "", tenor, underlying, kind)
    down = needed(row, "down", EXAMPLES["down"]) if measure == "curvature" else None
    return Sensitivity(risk.name, found, factor, np.array([amount]), None if down is None else np.array([down]))


def _kind(row: Row, measure: Measure, risk: RiskClass) -> str:
    """The kind of a factor; of a commodity, where it is delivered."""
    if risk.name == "commodity":
        return row.text("location") or ""
    kind = word(row, "kind", [kind for kind in risk.kinds if kind], "") if risk.kinds != ("",) else ""
    if kind in risk.lacking.get(measure, ()):
        raise row.place.at("kind").error(f"has no {measure} by the rules", value=kind, remedy="leave the line out")
    return kind


def _times(row: Row, measure: str, risk: RiskClass, kind: str) -> tuple[float, float]:
    """Tenor and, of vega to rates, the underlying's: prescribed ones only, as theirs are the weights."""
    if measure == "delta" and risk.tenors and not (risk.name == "rates" and kind):
        return _prescribed(row, "tenor", risk.tenors), 0.0
    if measure == "vega":
        underlying = _prescribed(row, "underlying", VEGA_MATURITIES) if risk.name == "rates" and not kind else 0.0
        return _prescribed(row, "tenor", VEGA_MATURITIES), underlying
    return 0.0, 0.0


def _prescribed(row: Row, column: str, tenors: tuple[float, ...]) -> float:
    known = ", ".join(f"{tenor:g}" for tenor in tenors)
    value = years(row, column, f"write years: {known}")
    if value not in tenors:
        remedy = f"share it out between the tenors beside it: {known}"
        raise row.place.at(column).error("is no tenor of the rules", value=value, remedy=remedy)
    return value


def _bucket(row: Row, risk: RiskClass) -> str:
    bucket = (row.text("bucket") or "").upper().removesuffix(".0")
    if not risk.known(bucket):
        last = {"credit": 18, "equity": 13, "commodity": 11}.get(risk.name)
        remedy = f"write 1 to {last}" if last else "write a currency: EUR"
        if risk.name == "fx":
            remedy += ", not the reporting one"
        raise row.place.at("bucket").error(f"is no bucket of {risk.name}", value=bucket, remedy=remedy)
    return bucket


def _issue(row: Row, amount: float, ratings: dict[str, str]) -> Issue:
    """A position whose issuer may default."""
    obligor, rating = row.text("name"), word(row, "rating", [*WEIGHTS])
    if obligor is None:
        raise row.place.at("name").error("the obligor is needed", remedy="positions of one obligor are netted by name")
    if ratings.setdefault(obligor, rating) != rating:
        rule, remedy = "an obligor has one rating", f"a line above has {ratings[obligor]}"
        raise row.place.at("rating").error(rule, value=rating, remedy=remedy)
    given = row.number("tenor")
    return Issue(
        bucket=word(row, "bucket", BUCKETS, "corporate"),
        obligor=obligor,
        rating=rating,
        seniority=word(row, "seniority", [*LOSSES], "senior"),
        notional=np.array([amount]),
        gain=np.array([row.number("gain") or 0.0]),
        years=1.0 if given is None else years(row, "tenor", "the maturity in years"),
    )


def currency(text: str, place: str) -> str:
    """The code of a currency. Raises UserError."""
    if len(text) != 3 or not text.isalpha():
        raise UserError("is no currency", value=text, place=place, remedy="write three letters: USD")
    return text.upper()
