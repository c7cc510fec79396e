"""NumPy's warnings of our own arithmetic: the engine finds what is not finite itself, and says so in one line."""

from __future__ import annotations

import warnings

OURS = r"(sim|markets|agents|scenarios|analysis)\."  # modules


def quieten() -> None:
    """Keep RuntimeWarnings of Spiral's own modules off the terminal; those of a user's agents are shown.

    The filter stands last: whoever has asked for warnings, or for errors in their place, gets them.
    """
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=OURS, append=True)
