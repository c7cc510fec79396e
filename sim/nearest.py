"""The known name nearest to an unknown one."""

from __future__ import annotations

MOST = 40  # names told before a message is cut short


def nearest(word: str, known: list[str]) -> str:
    """A remedy: the nearest known name, or all of them; of very many those with the word in them, or the first."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.6) or [k for k in known if k.lower() == word.lower()]
    if close:
        return f"did you mean '{close[0]}'?"
    alike = [k for k in known if word and word.lower() in k.lower()] if len(known) > MOST else []
    told = alike or known
    more = f", and {len(told) - MOST:,} more" if len(told) > MOST else ""
    return "known: " + ", ".join(told[:MOST]) + more
