"""Parameter classes behave as the standard library's frozen dataclasses, method by method."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import ClassVar

import pytest

import sim.dataclass
from agents.making.market_maker import MarketMaker


@sim.dataclass.dataclass(frozen=True, kw_only=True)
class Ours:
    """Of the house."""

    name: str
    size: float = 1.0
    tags: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    family: ClassVar[str] = "none"

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theirs:
    """Of the library."""

    name: str
    size: float = 1.0
    tags: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    family: ClassVar[str] = "none"

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size")


@sim.dataclass.dataclass(frozen=True, kw_only=True)
class Below(Ours):
    """Adds a field to ours."""

    more: int = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Own(Ours):
    """A user's class, made by the library."""

    more: int = 2


class Plain(Ours):
    """No dataclass of its own."""


def said(do, cls) -> str:
    try:
        do(cls)
    except (TypeError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {error}".replace(cls.__name__, "X")
    return "no mistake"


@pytest.mark.parametrize(
    "do",
    [
        lambda cls: cls(),
        lambda cls: cls(name="a", wrong=1),
        lambda cls: cls(name="a", size=-1.0),
        lambda cls: setattr(cls(name="a"), "size", 2.0),
        lambda cls: setattr(cls(name="a"), "other", 2.0),
        lambda cls: delattr(cls(name="a"), "size"),
        lambda cls: dataclasses.replace(cls(name="a"), wrong=1),
        lambda cls: hash(cls(name=[])),
    ],
)
def test_mistakes_are_told_in_the_same_words(do):
    assert said(do, Ours) == said(do, Theirs)


def test_values_compare_hash_and_print_as_the_librarys():
    for cls in (Ours, Theirs):
        one, same, other = cls(name="a"), cls(name="a", tags={"x": 1}), cls(name="b")
        assert one == same and hash(one) == hash(same) and one != other
        assert dataclasses.replace(one, name="b") == other
        assert copy.deepcopy(one) == one == pickle.loads(pickle.dumps(one))
        assert one.tags is not other.tags
    assert repr(Ours(name="a")).replace("Ours", "Theirs") == repr(Theirs(name="a"))
    assert Ours(name="a") != Theirs(name="a") and hash(Ours(name="a")) == hash(Theirs(name="a"))
    ours, theirs = (inspect.signature(cls).parameters for cls in (Ours, Theirs))
    assert list(ours) == list(theirs) and ours["size"] == theirs["size"] and ours["name"] == theirs["name"]


def test_subclasses_of_either_kind():
    for cls in (Below, Own):
        made = cls(name="a", more=3)
        assert (made.name, made.size, made.more) == ("a", 1.0, 3) and made != Ours(name="a")
        assert [f.name for f in dataclasses.fields(cls)] == ["name", "size", "tags", "more"]
        assert "more" in inspect.signature(cls).parameters
        with pytest.raises(dataclasses.FrozenInstanceError):
            made.size = 2.0
    plain = Plain(name="a")
    plain.note = "of a plain subclass"
    with pytest.raises(dataclasses.FrozenInstanceError):
        plain.size = 2.0
    with pytest.raises(TypeError, match="non-frozen"):
        dataclasses.dataclass(type("Loose", (Ours,), {"__annotations__": {}}))


def test_no_method_is_compiled_for_a_class_of_parameters():
    assert MarketMaker.__init__ is Ours.__init__ and MarketMaker.__eq__ is Ours.__eq__


def test_a_class_keeps_what_it_defines_itself():
    @sim.dataclass.dataclass(frozen=True, kw_only=True)
    class Quiet:
        """Says nothing."""

        size: float = 1.0

        def __repr__(self) -> str:
            return "quiet"

        def __eq__(self, other: object) -> bool:
            return True

    assert repr(Quiet()) == "quiet" and Quiet(size=2.0) == Quiet() and hash(Quiet()) == hash((1.0,))


@pytest.mark.parametrize("how", [{}, {"eq": False}, {"eq": False, "kw_only": True}])
def test_what_is_compiled_late_behaves_as_the_librarys(how: dict[str, bool]):
    def classes(dataclass):
        @dataclass(frozen=True, **how)
        class Base:
            """With a field that is given by name alone."""

            size: float
            tags: list[int] = dataclasses.field(default_factory=list, compare=False, kw_only=True)
            family: ClassVar[str] = "none"

        @dataclass(frozen=True, **how)
        class Below(Base):
            """With a default and what follows."""

            more: int = 2

            def __post_init__(self) -> None:
                if self.size < 0:
                    raise ValueError("size")

        return Base, Below

    for ours, theirs in zip(classes(sim.dataclass.dataclass), classes(dataclasses.dataclass), strict=True):
        assert inspect.signature(ours) == inspect.signature(theirs)
        places = [(), (1.0,), (1.0, 3), (1.0, 3, 4)]
        makers = [lambda cls, place=place: cls(*place) for place in places]
        makers += [lambda cls: cls(size=-1.0), lambda cls: cls(size=1.0, wrong=2), lambda cls: hash(cls(size=[]))]
        makers += [lambda cls: setattr(cls(size=1.0), "size", 2.0), lambda cls: delattr(cls(size=1.0), "other")]
        for do in makers:
            assert said(do, ours) == said(do, theirs)
        mine, other = ours(size=1.0, tags=[1]), theirs(size=1.0, tags=[1])
        assert (mine == ours(size=1.0)) == (other == theirs(size=1.0)) == how.get("eq", True)
        assert not how.get("eq", True) or hash(mine) == hash(other)
        assert repr(mine) == repr(other) and dataclasses.asdict(mine) == dataclasses.asdict(other)
        assert mine.tags is not ours(size=1.0).tags and ours.__match_args__ == theirs.__match_args__


def test_a_method_is_compiled_when_it_is_first_called_and_the_first_objects_are_made_without():
    @sim.dataclass.dataclass(frozen=True)
    class Point:
        """Of a plane."""

        x: float
        y: float = 0.0

    late = dict(vars(Point))
    assert {late["__init__"], late["__eq__"], late["__hash__"]} <= sim.dataclass.LATER.keys()
    assert Point(1.0) == Point(1.0, 0.0)
    assert vars(Point)["__init__"] is late["__init__"] and vars(Point)["__eq__"] is not late["__eq__"]
    assert {Point(1.0, y=2.0) for _ in range(sim.dataclass.FEW)} == {Point(1.0, 2.0)}
    assert vars(Point)["__init__"] is not late["__init__"]
    assert late["__hash__"] not in sim.dataclass.LATER and late["__init__"] not in sim.dataclass.LATER


def test_a_field_that_is_no_argument_is_the_librarys():
    @sim.dataclass.dataclass(frozen=True)
    class Square:
        """With an area of its own."""

        side: float
        area: float = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "area", self.side**2)

    assert Square(2.0).area == 4.0 and Square(side=3.0).area == 9.0
    with pytest.raises(TypeError, match="unexpected keyword argument 'area'"):
        Square(2.0, area=1.0)


def test_any_other_kind_is_the_librarys():
    @sim.dataclass.dataclass
    class Loose:
        """Not frozen."""

        size: float

    made = Loose(2.0)
    made.size = 3.0
    assert made.size == 3.0 and "__init__" in vars(Loose) and Loose.__init__ not in sim.dataclass.LATER
