"""The textbook market of the known answers, for tests."""

from scenarios.studies.validation.textbook import FREE, MAKER, textbook

__all__ = ["FREE", "MAKER", "textbook"]
