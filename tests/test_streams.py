"""Noise is a pure function of (seed, stream, path, draw)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.streams import BLOCK, Stream, Streams
from tests.small import K

KINDS = ["normal", "uniform"]


def draws(stream: Stream, kind: str, number: int = 3) -> np.ndarray:
    return np.stack([getattr(stream, kind)() for _ in range(number)])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(first=st.integers(0, 3 * BLOCK), paths=st.integers(1, 2 * BLOCK))
def test_a_path_sees_the_same_noise_whatever_runs_beside_it(kind, first, paths):
    whole = draws(Stream(7, "market/spot", 0, 5 * BLOCK), kind)
    part = draws(Stream(7, "market/spot", first, paths), kind)
    assert part.shape == (3, paths)
    np.testing.assert_array_equal(part, whole[:, first : first + paths])


@pytest.mark.parametrize("paths", [1, BLOCK, BLOCK + 1])
def test_normals_are_so_many_calls_of_normal(paths):
    together = Stream(1, "a", 5, paths).normals(4)
    np.testing.assert_array_equal(together, draws(Stream(1, "a", 5, paths), "normal", 4))


def test_normals_leave_the_stream_where_normal_would():
    one, two = Stream(1, "a", 0, 10), Stream(1, "a", 0, 10)
    one.normals(3)
    draws(two, "normal", 3)
    np.testing.assert_array_equal(one.normal(), two.normal())


def test_a_stream_starts_afresh_each_time_it_is_asked_for():
    streams = Streams(3, 0, 8)
    streams.stream("a").normal()
    np.testing.assert_array_equal(streams.stream("a").normal(), Streams(3, 0, 8).stream("a").normal())


OTHERS = {"name": (1, "b", 0), "seed": (2, "a", 0), "block": (1, "a", 64 * BLOCK)}


@pytest.mark.parametrize("what", list(OTHERS))
def test_other_names_seeds_and_blocks_are_uncorrelated(what):
    paths = 64 * BLOCK
    one = Stream(1, "a", 0, paths).normal()
    seed, name, first = OTHERS[what]
    two = Stream(seed, name, first, paths).normal()
    assert abs(np.corrcoef(one, two)[0, 1]) < K / np.sqrt(paths)


def test_successive_draws_and_neighbouring_paths_are_uncorrelated():
    noise = draws(Stream(1, "a", 0, 64 * BLOCK), "normal", 2)
    assert abs(np.corrcoef(noise)[0, 1]) < K / np.sqrt(noise.shape[1])
    assert abs(np.corrcoef(noise[0, 1:], noise[0, :-1])[0, 1]) < K / np.sqrt(noise.shape[1])


def test_laws():
    stream, paths = Stream(1, "law", 0, 64 * BLOCK), 64 * BLOCK
    z, u = stream.normal(), stream.uniform()
    assert abs(z.mean()) < K / np.sqrt(paths)
    assert abs(z.var() - 1) < K * np.sqrt(2 / paths)
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < K / np.sqrt(12 * paths)
