"""Known answers."""

from __future__ import annotations

from scenarios.validation.case import Case

CASES: tuple[Case, ...] = ()
