"""Noise is a pure function of (generator, seed, stream, path, draw)."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.reading.loading import load
from sim.block_stream import BLOCK
from sim.errors import UserError
from sim.streams import Generator, Stream, Streams
from tests.small import K

KINDS = ["normal", "uniform"]
GENERATORS = list(get_args(Generator))


def stream(seed: int, name: str, first: int, paths: int, generator: Generator) -> Stream:
    return Streams(seed, first, paths, generator).stream(name)


def draws(noise: Stream, kind: str, number: int = 3) -> np.ndarray:
    return np.stack([getattr(noise, kind)() for _ in range(number)])


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(first=st.integers(0, 3 * BLOCK), paths=st.integers(1, 2 * BLOCK))
def test_a_path_sees_the_same_noise_whatever_runs_beside_it(kind, generator, first, paths):
    whole = draws(stream(7, "market/spot", 0, 5 * BLOCK, generator), kind)
    part = draws(stream(7, "market/spot", first, paths, generator), kind)
    assert part.shape == (3, paths)
    np.testing.assert_array_equal(part, whole[:, first : first + paths])


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("paths", [1, BLOCK, BLOCK + 1, 5000])
@pytest.mark.parametrize("rows", [[4], [3, 2], [1, 3, 1, 5], [200, 1]])
def test_normals_are_so_many_calls_of_normal(paths, rows, generator):
    noise = stream(1, "a", 5, paths, generator)
    together = np.concatenate([noise.normals(number) for number in rows])
    np.testing.assert_array_equal(together, draws(stream(1, "a", 5, paths, generator), "normal", sum(rows)))


@pytest.mark.parametrize("generator", GENERATORS)
def test_normals_leave_the_stream_where_normal_would(generator):
    one, two = stream(1, "a", 0, 10, generator), stream(1, "a", 0, 10, generator)
    one.normals(3)
    draws(two, "normal", 3)
    np.testing.assert_array_equal(one.normal(), two.normal())


@pytest.mark.parametrize("generator", GENERATORS)
def test_what_is_drawn_may_be_changed(generator):
    one, two = stream(1, "a", 0, 3000, generator), stream(1, "a", 0, 3000, generator)
    for number in (1, 3, 1, 2):
        one.normals(number)[:] = 0.0
        two.normals(number)
    np.testing.assert_array_equal(one.normals(3), two.normals(3))


def test_normals_do_not_depend_on_uniforms_by_counter():
    one, two = stream(1, "a", 0, 10, "philox"), stream(1, "a", 0, 10, "philox")
    draws(one, "uniform", 5)
    np.testing.assert_array_equal(one.normal(), two.normal())


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_stream_starts_afresh_each_time_it_is_asked_for(generator):
    streams = Streams(3, 0, 8, generator)
    streams.stream("a").normal()
    np.testing.assert_array_equal(streams.stream("a").normal(), Streams(3, 0, 8, generator).stream("a").normal())


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_shared_stream_is_one_for_all_chunks(generator):
    one, two = Streams(3, 0, 8, generator).shared("a"), Streams(3, 4096, 100, generator).shared("a")
    np.testing.assert_array_equal(one.normals(5), two.normals(5))
    assert one.normal().shape == (1,)


def test_numbers_stay_as_they_are():
    """Manifests of earlier runs replay only if these digits never change."""
    old, new = (Streams(1, 0, 2, generator) for generator in GENERATORS)
    assert old.stream("market/spot").normal().tolist() == [-1.7373223421898576, -1.2814257763898795]
    assert new.stream("market/spot").normal().tolist() == [-0.2938488293914015, 1.1749420193833353]
    assert new.stream("market/spot").uniform().tolist() == [0.5970213322013244, 0.8362687846585765]


OTHERS = {"name": (1, "b", 0), "seed": (2, "a", 0), "block": (1, "a", 64 * BLOCK)}


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("what", list(OTHERS))
def test_other_names_seeds_and_blocks_are_uncorrelated(what, generator):
    paths = 64 * BLOCK
    one = stream(1, "a", 0, paths, generator).normal()
    seed, name, first = OTHERS[what]
    two = stream(seed, name, first, paths, generator).normal()
    for power in (1, 2):
        assert abs(np.corrcoef(one**power, two**power)[0, 1]) < K / np.sqrt(paths)


@pytest.mark.parametrize("generator", GENERATORS)
def test_successive_draws_and_neighbouring_paths_are_uncorrelated(generator):
    noise = draws(stream(1, "a", 0, 64 * BLOCK, generator), "normal", 4)
    off = np.corrcoef(noise)[np.triu_indices(4, 1)]
    squares = np.corrcoef(noise**2)[np.triu_indices(4, 1)]  # of a pair too, which one radius makes
    neighbours = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in noise]
    assert np.abs([*off, *squares, *neighbours]).max() < K / np.sqrt(noise.shape[1])


@pytest.mark.parametrize("generator", GENERATORS)
def test_laws(generator):
    noise, paths = stream(1, "law", 0, 64 * BLOCK, generator), 64 * BLOCK
    z, u = noise.normal(), noise.uniform()
    assert abs(z.mean()) < K / np.sqrt(paths)
    assert abs(z.var() - 1) < K * np.sqrt(2 / paths)
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < K / np.sqrt(12 * paths)


@pytest.mark.parametrize("wrong", ["pcg64", "Philox", "", 1, True])
def test_an_unknown_generator_is_refused(wrong):
    with pytest.raises(UserError, match=r"run\.generator"):
        load("calm_market", {"run.generator": wrong})


def test_numba_is_loaded_for_our_own_kernels_only():
    code = "import sys; from sim.streams import Streams; Streams(1, 0, 1, 'numpy').stream('a').normal()"
    code += "; print('numba' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
