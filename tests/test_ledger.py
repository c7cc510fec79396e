"""The double-entry ledger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import BugError
from sim.ledger import CASH, Ledger, Move, Shares
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
    """The very digits of a move for each holder and part; four parts of one holder are noted together."""
    paths, random = 2100, np.random.default_rng(3)  # more than two blocks
    parts, units = random.normal(size=(number, paths)), random.normal(size=(2, paths))
    moves = [(who, part, move) for who in ("a", "b") for part in range(number) for move in _moves(who, part)]
    ledgers = [Ledger(paths), Ledger(paths)]
    for ledger in ledgers:
        ledger.open("a", "b", "c")
        ledger.list_asset("x")
        for who, held in zip(("a", "b"), units, strict=True):
            ledger.transfer(held, source="c", target=who, reason="start", asset="x")
    one, other = ledgers
    shares = (Shares("x", ("a", "b"), number),)
    one.note_shares(parts, shares, tuple(move for *_, move in moves))
    for who, part, move in moves:
        other.post((other.balance(who, "x") * parts[part])[None], (move,))
    assert np.array_equal(one.rows, other.rows)
    assert one.flow("a", "part 1") == pytest.approx(units[0] * parts[1], rel=1e-15)
    some, before, notes = np.array([3, 4, 2099]), one.rows.copy(), tuple(move for *_, move in moves)
    one.note_shares(parts[:, some], shares, notes, some)
    other.note_shares(parts, shares, notes)
    assert np.array_equal(one.rows[:, some], other.rows[:, some])
    assert np.array_equal(np.delete(one.rows, some, axis=1), np.delete(before, some, axis=1))


def test_shares_in_several_assets_are_noted_as_one_asset_after_another():
    paths, random = 300, np.random.default_rng(4)
    parts, ledgers = random.normal(size=(3, paths)), [Ledger(paths), Ledger(paths)]
    shares = Shares("x", ("a", "b"), 2), Shares("y", ("b",), 1)
    notes = [tuple(move for who in on.holders for i in range(on.parts) for move in _moves(who, i)) for on in shares]
    for ledger in ledgers:
        ledger.open("a", "b", "c")
        ledger.list_asset("x", "y")
        for i, (asset, holders, _) in enumerate(shares):
            for who in holders:
                ledger.transfer(parts[i] ** 2, source="c", target=who, reason="start", asset=asset)
    one, other = ledgers
    one.note_shares(parts, shares, sum(notes, ()))
    for each, own, noted in zip(shares, (parts[:2], parts[2:]), notes, strict=True):
        other.note_shares(own, (each,), noted)
    assert np.array_equal(one.rows, other.rows)


def _moves(who, part):
    return Move(who, "c", "whole", None), Move("c", who, f"part {part}", None)


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
