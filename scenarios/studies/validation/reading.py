"""A reading: expected value, measured value, and verdict of a case."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from scenarios.studies.validation.case import Case, Expected
from sim.estimate import Estimate

Verdict = Literal["passed", "failed", "skipped", "error"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One expected number of a case, and what was measured; no `got` where the case was skipped or broke."""

    expected: Expected
    got: Estimate | None
    standard_errors: float
    unread: Verdict = "error"

    @property
    def error(self) -> float:
        """Standard error of the difference: that of the measurement and that of the source, in quadrature."""
        return math.hypot(self.got.error or 0.0, self.expected.se) if self.got else math.nan

    @property
    def difference(self) -> float:
        """Got less expected."""
        return self.got.value - self.expected.value if self.got else math.nan

    @property
    def allowed(self) -> float:
        """How far apart the two may lie: k standard errors and the rounding."""
        return self.standard_errors * self.error + self.expected.rounding

    @property
    def z(self) -> float | None:
        """The difference in standard errors; None if there is no error, as both are deterministic."""
        return self.difference / self.error if self.error > 0 else None

    @property
    def power(self) -> float | None:
        """The smallest relative error that is seen: `allowed` over what is expected; None for 0 or an ordering."""
        if self.got is None or self.expected.relation != "=" or self.expected.value == 0:
            return None
        return self.allowed / abs(self.expected.value)

    @property
    def verdict(self) -> Verdict:
        """'passed' if the two agree; a value that is not finite has failed.

        An ordering must be significant, not merely not refuted: got lies below (above) the value by
        more than k standard errors; rounding is in its favour.
        """
        if self.got is None:
            return self.unread
        if not (math.isfinite(self.difference) and math.isfinite(self.error)):
            return "failed"
        return "passed" if self._holds() else "failed"

    def _holds(self) -> bool:
        if self.expected.relation == "=":
            return abs(self.difference) <= self.allowed
        beyond = -self.difference if self.expected.relation == "<" else self.difference
        return beyond + self.expected.rounding > self.standard_errors * self.error

    def row(self) -> dict[str, Any]:
        """As a row of the result's frame; None for what is not known."""
        e, got = self.expected, self.got
        known = {"what": e.what, "unit": e.unit, "relation": e.relation, "expected": e.value, "expected_se": e.se}
        read = {
            "got": got.value if got else None,
            "se": got.error or 0.0 if got else None,
            "z": self.z if got else None,
            "allowed": self.allowed if got else None,
            "power": self.power,
        }
        return {**known, "rounding": e.rounding, "exact": e.exact, **read, "verdict": self.verdict}


def readings(case: Case, estimates: dict[str, Estimate] | None, unread: Verdict = "error") -> tuple[Reading, ...]:
    """A reading for each expected number, in their order."""
    return tuple(
        Reading(
            expected=expected,
            got=None if estimates is None else estimates[expected.what],
            standard_errors=case.standard_errors,
            unread=unread,
        )
        for expected in case.expected
    )
