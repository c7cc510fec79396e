"""Silences NumPy's warnings about Spiral's own arithmetic: the engine checks for numbers that are not finite itself."""

from __future__ import annotations

import warnings

OURS = r"(sim|markets|agents|scenarios|analysis)\."  # modules


def quieten() -> None:
    """Keep RuntimeWarnings of Spiral's own modules off the terminal; those of a user's agents are shown.

    The filter is added last, so filters that the user has set (to show warnings, or to raise them) take precedence.
    """
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=OURS, append=True)
