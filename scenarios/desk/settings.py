"""What a browser desk is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scenarios.desk.limits import Limits

LOCAL = ("127.0.0.1", "localhost", "::1")
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Place and limits of a desk.

    Attributes:
        folder: where runs and sweeps are read, and all that the desk writes is kept.
        host: address that is listened at.
        port: of it.
        hosts: names under which browsers may ask for it (`Host` header); a page of another name is refused, so that no
            foreign web page reaches the desk by a name of its own.
        largest_body: bytes of a request.
        everything: whether other machines reach all parts of the desk; else the classroom alone.
        limits: of its jobs.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8321
    hosts: tuple[str, ...] = LOCAL
    largest_body: int = 32 * MIB
    everything: bool = False
    limits: Limits = field(default_factory=Limits)
