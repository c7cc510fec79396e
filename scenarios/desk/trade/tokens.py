"""Secrets of a class: who has one is the person; the desk keeps only their hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no letter is taken for a digit
CODE = 6  # characters of a code to join with, 10^9 of them
LONGEST = 200  # characters of a token that is looked at


def new_token() -> str:
    """A secret of 256 bits."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """Name of a class's folder; no secret."""
    return secrets.token_hex(8)


def new_code() -> str:
    """What students type to join."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE))


def hashed(token: str) -> str:
    """What is kept of a secret. A secret of 256 bits needs no salt."""
    return hashlib.sha256(token[:LONGEST].encode(errors="replace")).hexdigest()


def fits(token: str, kept: str) -> bool:
    """Whether a secret is the one whose hash is kept; takes the same time for all."""
    return hmac.compare_digest(hashed(token), kept)
