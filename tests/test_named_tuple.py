"""Our `NamedTuple` is the standard library's, save that its annotations stay text."""

from __future__ import annotations

import inspect
import pickle
import typing
from typing import Any, get_type_hints

import pytest

from sim.named_tuple import NamedTuple


class Quote(NamedTuple):
    """A quote."""

    bid: float  # $
    ask: float
    of: tuple[str, ...] = ("asset",)

    LEAST = 0.0  # no field

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 2

    def crossed(self) -> bool:
        """Whether it is."""
        return self.bid > self.ask


class Theirs(typing.NamedTuple):
    """A quote."""

    bid: float
    ask: float
    of: tuple[str, ...] = ("asset",)


class Venue:
    class Tick(NamedTuple):
        """One of another class's own."""

        size: float


def seen(cls: Any) -> tuple[Any, ...]:
    return cls._fields, cls._field_defaults, cls.__doc__, cls.__module__, cls.__mro__[1:], cls.__match_args__


def test_it_is_the_standard_librarys():
    assert seen(Quote) == seen(Theirs)
    assert get_type_hints(Quote) == get_type_hints(Theirs)
    assert Quote.__name__ == Quote.__qualname__ == "Quote"
    quote = Quote(1.0, ask=3.0)
    assert (quote.mid, quote.crossed(), quote.LEAST, quote._replace(bid=4.0).crossed()) == (2.0, False, 0.0, True)
    assert quote == (1.0, 3.0, ("asset",)) and pickle.loads(pickle.dumps(quote)) == quote
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'ask'"):
        Quote(1.0)


def test_annotations_are_not_looked_at():
    assert Quote.__annotations__ == {"bid": "float", "ask": "float", "of": "tuple[str, ...]"}


def test_help_shows_what_each_field_is():
    assert str(inspect.signature(Quote)) == "(bid: 'float', ask: 'float', of: 'tuple[str, ...]' = ('asset',))"


def test_one_within_another_class_is_found_there():
    assert Venue.Tick.__qualname__ == "Venue.Tick"
    tick = Venue.Tick(0.01)
    copied = pickle.loads(pickle.dumps(tick))
    assert copied == tick and type(copied) is Venue.Tick


def test_it_has_no_other_base():
    with pytest.raises(TypeError, match="no other base"):

        class Both(NamedTuple, dict):
            """Two bases."""

            name: str
