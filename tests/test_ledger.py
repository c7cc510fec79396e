"""The double-entry ledger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import BugError
from sim.ledger import CASH, Ledger, Split
from sim.names import Key
from tests.small import gross

NAMES = ["a", "b", "c"]
ASSETS = [CASH, "asset", "swap"]
MOVES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(ASSETS), st.floats(-1e12, 1e12)),
    max_size=20,
)


def ledger(paths: int = 2) -> Ledger:
    made = Ledger(paths)
    made.open(*NAMES)
    made.list_asset("asset", "swap")
    return made


@given(MOVES)
def test_every_asset_and_every_reason_sums_to_zero(moves):
    book = ledger()
    for i, (source, target, asset, amount) in enumerate(moves):
        book.transfer(np.array([amount, -amount / 3]), source=source, target=target, asset=asset, reason=f"r{i % 3}")
    book.check(lambda: "the end")
    for asset in ASSETS:
        total = sum(book.balance(name, asset) for name in NAMES)
        np.testing.assert_allclose(total, 0.0, atol=1e-15 * (1 + gross(book, asset).max()) * 20)
    for reason in ("r0", "r1", "r2"):
        total = sum(book.flow(name, reason) for name in NAMES)
        np.testing.assert_allclose(total, 0.0, atol=1e-15 * (1 + gross(book).max()) * 20)


@given(MOVES)
def test_cash_is_the_sum_of_its_flows(moves):
    book = ledger()
    for i, (source, target, asset, amount) in enumerate(moves):
        book.transfer(amount, source=source, target=target, asset=asset, reason=f"r{i % 3}")
    for name in NAMES:
        flows = sum((book.flow(name, reason) for reason in book.flow_rows(name)), np.zeros(2))
        np.testing.assert_allclose(flows, book.balance(name), atol=1e-14 * (1 + gross(book).max()) * 20)


def test_a_transfer_leaves_one_account_and_enters_another():
    book = ledger()
    book.transfer(np.array([3.0, -4.0]), source="a", target="b", reason="hedge")
    np.testing.assert_array_equal(book.balance("a"), [-3, 4])
    np.testing.assert_array_equal(book.balance("b"), [3, -4])
    np.testing.assert_array_equal(book.flow("b", "hedge"), [3, -4])
    np.testing.assert_array_equal(gross(book), [3, 4])


def test_a_note_moves_no_cash():
    book = ledger()
    book.note(np.array([1.0, 2.0]), source="a", target="b", reason="spread_cost_calm")
    np.testing.assert_array_equal(book.balance("b"), [0, 0])
    np.testing.assert_array_equal(book.flow("a", "spread_cost_calm"), [-1, -2])


@pytest.mark.parametrize("number", [2, 5])
def test_shares_of_a_gain_are_noted_as_one_by_one(number):
    """The very digits of a note for each holder and part; four parts of one holder are noted together."""
    paths, random = 2100, np.random.default_rng(3)  # more than two blocks
    parts, splits = random.normal(size=(number, paths)), (_split("x", ("a", "b", "c"), number),)
    book = _with_holders(splits, random.normal(size=(1, 2, paths)))
    for _ in range(2):  # from nothing, and further
        due = _one_by_one(book, parts, splits)
        book.note_shares(parts, splits)
        _assert_noted(book, due)
    assert book.flow("a", "x 1") == pytest.approx(2 * book.balance("a", "x") * parts[1], rel=1e-15)
    for reason in splits[0].parts:  # as all units of the asset do
        total, gross = sum(book.flow(who, reason) for who in "abc"), sum(abs(book.flow(who, reason)) for who in "abc")
        assert (abs(total) <= 1e-12 * gross).all()
    some, before, due = np.array([3, 4, 2099]), book.rows.copy(), _one_by_one(book, parts, splits)
    book.note_shares(parts[:, some], splits, some)
    _assert_noted(book, due, some)
    assert np.array_equal(np.delete(book.rows, some, axis=1), np.delete(before, some, axis=1))


def test_shares_in_several_assets_are_noted_as_one_asset_after_another():
    paths, random = 300, np.random.default_rng(4)
    parts, splits = random.normal(size=(3, paths)), (_split("x", ("a", "b"), 2), _split("y", ("b",), 1))
    book = _with_holders(splits, random.normal(size=(2, 2, paths)))
    due = _one_by_one(book, parts, splits)
    book.note_shares(parts, splits)
    _assert_noted(book, due)


def _split(asset, holders, number):
    return Split(asset, holders, "whole", tuple(f"{asset} {part}" for part in range(number)))


def _with_holders(splits, units):
    """A ledger whose accounts a and b have units (assets, 2, paths) of each asset, out of c."""
    book = Ledger(units.shape[-1])
    book.open("a", "b", "c")
    for split, held in zip(splits, units, strict=True):
        book.list_asset(split.asset)
        for who, amount in zip("ab", held, strict=True):
            book.transfer(amount, source="c", target=who, reason="start", asset=split.asset)
    return book


def _one_by_one(book, parts, splits):
    """Flows by account and reason as they are after one note of each holder and part."""
    found, rows = {}, iter(range(len(parts)))
    for split in splits:
        of_split = [(part, next(rows)) for part in split.parts]
        for who in split.holders:
            for reason, row in of_split:
                amount = book.balance(who, split.asset) * parts[row]
                for name, moved in ((split.whole, -amount), (reason, amount)):
                    found[who, name] = found.get((who, name), book.flow(who, name)) + moved
    return found


def _assert_noted(book, due, paths=slice(None)):
    for (who, reason), flow in due.items():
        assert np.array_equal(book.flow(who, reason)[paths], flow[paths])


def test_accounts_and_assets_may_come_late_and_twice():
    book = ledger()
    book.transfer(5.0, source="a", target="b", asset="asset", reason="hedge")
    book.open("late", "a")
    book.list_asset("later", "asset")
    np.testing.assert_array_equal(book.balance("b", "asset"), [5, 5])
    book.transfer(1.0, source="late", target="a", asset="later", reason="hedge")
    np.testing.assert_array_equal(book.balance("late", "later"), [-1, -1])


def test_balances_are_not_for_writing():
    book = ledger()
    with pytest.raises(ValueError, match="read-only"):
        book.balance("a")[0] = 1.0


def test_flows_of_an_unknown_reason_are_zero():
    np.testing.assert_array_equal(ledger().flow("a", "nothing"), [0, 0])


@pytest.mark.parametrize("wrong", [1e-3, np.nan, np.inf])
def test_check_finds_money_from_nowhere(wrong):
    book = ledger()
    book.transfer(100.0, source="a", target="b", reason="hedge")
    book.rows[book.balance_row("a"), 1] += wrong
    with pytest.raises(BugError, match=r"ledger out of balance at noon: cash sums to .*, chunk path 1"):
        book.check(lambda: "noon")


@pytest.mark.parametrize("faulty", ["bond", "cash", "swap"])
def test_check_names_the_asset_from_nowhere_among_several_moved(faulty):
    book = Ledger(2500)  # paths: more than two blocks
    book.open("a", "b", "c")
    book.list_asset("bond", "swap")
    for asset in ("swap", "bond", "cash"):
        book.transfer(100.0, source="a", target="b", asset=asset, reason="hedge")
    book.check(lambda: "morning")
    for asset in ("swap", "bond", "cash"):
        book.transfer(1.0, source="b", target="c", asset=asset, reason="hedge")  # one holder more
    book.rows[book.balance_row("c", faulty), 2100] += 1e-3
    with pytest.raises(BugError, match=rf"at noon: {faulty} sums to 0.001, chunk path 2100"):
        book.check(lambda: "noon")


def test_unknown_account_is_an_error():
    with pytest.raises(KeyError):
        ledger().transfer(1.0, source="a", target="nobody", reason="hedge")


def test_the_engines_own_may_be_written_as_tables_write_them():
    book, outside = ledger(), Key("outside")
    book.open(outside)
    book.list_asset(Key("notional", of="swap"))
    book.transfer(3.0, source="outside", target="a", reason="hedge")
    book.transfer(2.0, source="outside", target="a", asset="swap.notional", reason="hedge")
    for name in ("outside", outside):
        np.testing.assert_array_equal(book.balance(name), -3.0)
        np.testing.assert_array_equal(book.balance(name, "cash"), book.balance(name, CASH))
        np.testing.assert_array_equal(book.balance(name, "swap.notional"), -2.0)
        np.testing.assert_array_equal(book.flow(name, "hedge"), -3.0)
        assert book.reached(name)
    book.check(lambda: "the end")


def test_what_is_called_like_the_engines_own_is_another():
    """An account and an asset that evade every check of names: neither outside money nor cash."""
    book, outside = ledger(), Key("outside")
    book.open(outside, "outside")
    book.list_asset("cash")
    book.transfer(5.0, source="outside", target="a", asset="cash", reason="hedge")
    book.transfer(1.0, source=outside, target="a", reason="hedge")
    np.testing.assert_array_equal(book.balance("outside", "cash"), -5.0)
    np.testing.assert_array_equal(book.balance("a"), 1.0)
    np.testing.assert_array_equal(book.balance(outside), -1.0)
    np.testing.assert_array_equal(book.balance("outside"), 0.0)


def test_cash_is_checked_even_where_nothing_moved():
    book = ledger()
    book.transfer(100.0, source="a", target="b", reason="hedge")
    book.check(lambda: "noon")
    book.rows[book.balance_row("b"), 0] += 1.0
    with pytest.raises(BugError, match="cash sums to 1"):
        book.check(lambda: "close")


def test_nothing_is_proven_once_something_moves():
    book = ledger()
    book.list_asset("bond")
    for asset in ("cash", "bond"):
        book.transfer(1.0, source="a", target="b", asset=asset, reason="hedge")
        assert not book.proven
        book.check(lambda: "noon")
        assert book.proven
    book.note(1.0, source="a", target="b", reason="hedge")
    assert book.proven


def test_money_is_never_listed():
    with pytest.raises(BugError, match="cash is money"):
        ledger().list_asset(CASH)


@pytest.mark.parametrize(("account", "asset"), [("nobody", "asset"), ("a", "nothing")])
def test_unknown_names_are_errors(account, asset):
    with pytest.raises(KeyError):
        ledger().balance(account, asset)
