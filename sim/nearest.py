"""The known name nearest to an unknown one."""

from __future__ import annotations

from difflib import get_close_matches


def nearest(word: str, known: list[str]) -> str:
    """A remedy: the nearest known name, or all of them."""
    close = get_close_matches(word, known, n=1, cutoff=0.6) or [k for k in known if k.lower() == word.lower()]
    return f"did you mean '{close[0]}'?" if close else "known: " + ", ".join(known)
