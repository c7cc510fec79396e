"""Clearing of defaults: the known answer, optimality against a linear programme, and what must always hold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from agents.funding.clearing import clearing_payments
from sim.errors import UserError

KNOWN = np.array([[0.0, 10.0, 5.0], [3.0, 0.0, 8.0], [6.0, 2.0, 0.0]])


def test_known_answer():
    """Eisenberg and Noe's rule on three agents: payments (11, 11, 8), equity (0, 4/3, 14/3)."""
    found = clearing_payments(KNOWN, np.array([[2.0], [3.0], [1.0]]))
    np.testing.assert_allclose(found.payments[:, 0], [11, 11, 8], rtol=1e-14)
    equity = np.array([2.0, 3.0, 1.0]) + found.received[:, 0] - found.payments[:, 0]
    np.testing.assert_allclose(equity, [0, 4 / 3, 14 / 3], atol=1e-14)
    assert found.round[:, 0].tolist() == [1, 0, 0]


def test_rounds_of_a_chain():
    """One falls and pulls down the next, and it the next: a default a round."""
    chain = np.diag([10.0, 10.0, 10.0], 1)
    found = clearing_payments(chain, np.array([[4.0], [5.0], [0.5], [0.0]]))
    np.testing.assert_allclose(found.payments[:, 0], [4.0, 9.0, 9.5, 0.0])
    assert found.round[:, 0].tolist() == [1, 2, 3, 0]


def test_the_greatest_vector_is_chosen():
    """Two who owe each other the same and have nothing: paying in full clears, and so does paying nothing."""
    found = clearing_payments(np.array([[0.0, 7.0], [7.0, 0.0]]), np.zeros((2, 1)))
    np.testing.assert_allclose(found.payments, 7.0)
    assert not found.round.any()


def test_senior_claims_come_first():
    """A senior claim takes what others pay before it is passed on."""
    chain = np.diag([10.0, 10.0], 1)
    resources, senior = np.array([[20.0], [0.0], [0.0]]), np.array([[0.0], [4.0], [0.0]])
    np.testing.assert_allclose(clearing_payments(chain, resources, senior).payments[:, 0], [10, 6, 0])
    all_of_it = np.array([[0.0], [12.0], [0.0]])
    np.testing.assert_allclose(clearing_payments(chain, resources, all_of_it).payments[:, 0], [10, 0, 0])


@pytest.mark.parametrize(
    ("liabilities", "resources", "rule"),
    [
        (-KNOWN, np.ones((3, 1)), "liabilities must be >= 0, got -10.0"),
        (KNOWN, -np.ones((3, 1)), "resources must be >= 0, got -1.0"),
        (KNOWN, np.ones((2, 1)), "liabilities and resources must fit"),
        (np.eye(2), np.ones((2, 1)), "nobody owes itself"),
    ],
)
def test_mistakes(liabilities, resources, rule):
    with pytest.raises(UserError) as error:
        clearing_payments(liabilities, resources)
    assert str(error.value).startswith(rule)


@st.composite
def networks(draw):
    """Liabilities (n, n, paths), many of them none, and resources and senior claims (n, paths)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, paths = draw(st.integers(2, 6)), 5
    owed = rng.integers(0, 20, (n, n, paths)) * (rng.random((n, n, paths)) < draw(st.floats(0.2, 1.0)))
    owed = owed * (1 - np.eye(n))[:, :, None]
    resources = rng.integers(0, 12, (n, paths)) * (rng.random((n, paths)) < 0.6)
    senior = rng.integers(0, 8, (n, paths)) * (rng.random((n, paths)) < draw(st.sampled_from([0.0, 0.4])))
    return owed.astype(float), resources.astype(float), senior.astype(float)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_payments_clear(network):
    """The fixed point holds; nobody pays more than it has or owes; what is paid is received; senior claims are kept."""
    owed, resources, senior = network
    found = clearing_payments(owed, resources, senior)
    pbar = owed.sum(axis=1)
    able = np.maximum(resources + found.received - senior, 0.0)
    np.testing.assert_allclose(found.payments, np.minimum(pbar, able), atol=1e-9)
    np.testing.assert_allclose(found.payments.sum(axis=0), found.received.sum(axis=0), atol=1e-9)
    np.testing.assert_array_equal(found.round > 0, found.payments < pbar - 1e-9)
    assert found.round.max(initial=0) <= len(resources)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_payments_solve_the_linear_programme(network):
    """The clearing vector maximises what is paid in all, subject to limited liability (Eisenberg and Noe, lemma 4)."""
    owed, resources, _ = network
    found = clearing_payments(owed, resources)
    for path in range(owed.shape[2]):
        flat = owed[:, :, path]
        pbar = flat.sum(axis=1)
        share = flat / np.where(pbar > 0, pbar, 1.0)[:, None]
        best = linprog(
            -np.ones(len(flat)),
            A_ub=np.eye(len(flat)) - share.T,
            b_ub=resources[:, path],
            bounds=list(zip(np.zeros_like(pbar), pbar, strict=True)),
        )
        np.testing.assert_allclose(found.payments[:, path], best.x, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(networks(), st.integers(0, 5), st.floats(0.1, 10.0))
def test_more_resources_never_pay_less(network, who, more):
    owed, resources, senior = network
    richer = resources.copy()
    richer[who % len(resources)] += more
    one, two = clearing_payments(owed, resources, senior), clearing_payments(owed, richer, senior)
    assert (two.payments >= one.payments - 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(networks(), st.randoms())
def test_order_and_company_change_nothing(network, shuffle):
    """Agents in another order, and every path alone, pay the same."""
    owed, resources, senior = network
    order = list(range(len(resources)))
    shuffle.shuffle(order)
    whole = clearing_payments(owed, resources, senior)
    mixed = clearing_payments(owed[np.ix_(order, order)], resources[order], senior[order])
    np.testing.assert_allclose(mixed.payments, whole.payments[order], atol=1e-9)
    for path in range(resources.shape[1]):
        one = slice(path, path + 1)
        alone = clearing_payments(owed[:, :, path], resources[:, one], senior[:, one])
        np.testing.assert_array_equal(alone.payments, whole.payments[:, one])


def test_small_grid_against_iteration_from_above():
    """Every network of three with amounts 0, 1, 3: the limit of paying what one can, from paying in full."""
    amounts = np.array(list(itertools.product((0.0, 1.0, 3.0), repeat=6)))
    owed = np.zeros((3, 3, len(amounts)))
    owed[tuple(np.array([(i, j) for i in range(3) for j in range(3) if i != j]).T)] = amounts.T
    resources = np.broadcast_to([[0.5], [0.0], [1.0]], (3, len(amounts)))
    senior = np.broadcast_to([[0.0], [1.0], [0.0]], (3, len(amounts)))
    pbar = owed.sum(axis=1)
    share = owed / np.where(pbar > 0, pbar, 1.0)[:, None]
    iterated = pbar.copy()
    for _ in range(5000):
        able = np.maximum(resources - senior + np.einsum("ijp,ip->jp", share, iterated), 0.0)
        iterated = np.minimum(pbar, able)
    found = clearing_payments(owed, resources, senior)
    np.testing.assert_allclose(found.payments, iterated, atol=1e-4)
