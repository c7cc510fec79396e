"""The text of a file, whatever its encoding, in bounded memory."""

from __future__ import annotations

import codecs
from pathlib import Path

from sim.errors import UserError

LARGEST = 16 * 2**20  # bytes: forty years of daily closes are one tenth of it with twenty columns
KINDS = (  # what a file begins with: bytes of a format as they are, words in small letters whatever theirs
    (b"PK\x03\x04", "is a spreadsheet or an archive", "save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old spreadsheet", "save it as CSV"),
    (b"PAR1", "is a Parquet file", "read it with polars or pandas and give the frame in Python"),
    (b"\x1f\x8b", "is compressed", "unpack it"),
    (b"%PDF", "is a PDF", "export it as CSV"),
    (b"<!", "is a web page", "save the table itself as CSV"),
    (b"<html", "is a web page", "save the table itself as CSV"),
    (b"<?xml", "is XML", "save it as CSV"),
    (b"{", "is JSON", "write it as CSV"),
    (b"[{", "is JSON", "write it as CSV"),
)


def read_text(path: Path) -> tuple[str, list[str]]:
    """The text, and what was assumed to read it. Raises UserError: no such file, too large, not a text."""
    data = _bytes(path)
    start = data[:64].removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, what, remedy in KINDS:
        if start.startswith(magic) or start.lower().startswith(magic):
            raise UserError(f"{what}, not a CSV file", place=str(path), remedy=remedy)
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise _not_text(path, error.start) from None
    else:
        return _whole(text, path), [] if encoding == "utf-8-sig" else [f"the text is {encoding.upper()}"]
    try:
        return _whole(data.decode("cp1252"), path), ["the text is not UTF-8 and is read as Windows-1252"]
    except UnicodeDecodeError as error:
        raise _not_text(path, error.start) from None


def _bytes(path: Path) -> bytes:
    """The file's bytes, or a pipe's; reading stops a little beyond the bound."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot be read: {reason}", place=str(path), remedy="give the path of a CSV file") from None
    if len(data) > LARGEST:
        remedy = "keep the columns and dates that are needed"
        raise UserError(f"is larger than {LARGEST / 2**20:g} MB", place=str(path), remedy=remedy)
    return data


def _encoding(data: bytes) -> str:
    """UTF-16 by its mark, or by every second byte of a Latin text being 0; UTF-8 else."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = data[:400]
    if b"\0" in start and len(start) >= 8:
        for odd, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            if start[odd::2].count(0) > 0.9 * len(start[odd::2]):
                return name
    return "utf-8-sig"


def _whole(text: str, path: Path) -> str:
    if "\0" in text:
        raise _not_text(path, text.index("\0"))
    return text.removeprefix("\ufeff")


def _not_text(path: Path, at: int) -> UserError:
    return UserError(f"is not text (byte {at})", place=str(path), remedy="save it as CSV, UTF-8")
