"""The steps of attribution from one mark to the next: factors that move in each, and the total that gets the change."""

from __future__ import annotations

from collections.abc import Iterable

from markets.factors.key import SPOT, FactorKey
from markets.kernels.hedging import CREDIT_PART, DEFAULT_PART, FX_PART, RATES_PART, SMILE_PART, VEGA_PART
from sim.named_tuple import NamedTuple


class Move(NamedTuple):
    """A step after those of time and spot."""

    row: int  # of the running totals, see `agents.desk.loss`
    families: tuple[str, ...]  # families of factors that move; the last move takes all other families


MOVES = (
    Move(SMILE_PART, ("vol_slope", "smile_skew")),  # and the slide of a smile under the move of spot
    Move(VEGA_PART, ("vol", "rates_vol")),
    Move(FX_PART, ("fx",)),
    Move(CREDIT_PART, ("hazard",)),
    Move(DEFAULT_PART, ("default",)),
    Move(RATES_PART, ("zero",)),
)


class Revaluation(NamedTuple):
    """A move as a book sees it."""

    row: int
    keys: tuple[FactorKey, ...]  # that the book needs and that move now
    before: tuple[FactorKey, ...]  # that have moved before
    last: bool  # cash settled is counted in this step
    first: bool  # before it the smile is held where spot was


def revaluations(needs: Iterable[FactorKey]) -> tuple[Revaluation, ...]:
    """The moves of a book, by the factors that it needs."""
    named = {family for move in MOVES for family in move.families}
    needs = tuple(needs)
    spots = [SPOT, *(key for key in needs if key.family == SPOT.family and key != SPOT)]  # of all assets, together
    left, moved, found = [key for key in needs if key not in spots], spots, []
    for number, move in enumerate(MOVES, start=1):
        last = number == len(MOVES)
        keys = [key for key in left if key.family in move.families or (last and key.family not in named)]
        found.append(Revaluation(move.row, tuple(keys), tuple(moved), last, number == 1))
        moved += keys
    return tuple(found)
