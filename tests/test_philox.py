"""Our generator's words are those published, and what is made of them has the laws that it should have."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from sim.counter_stream import CounterStream, stream_words
from sim.jit import kernel
from sim.kernels import philox
from tests.small import K

ALL = 0xFFFFFFFF
PUBLISHED = [  # Random123 1.14, kat_vectors, philox4x32 of 10 rounds: counter, key, words
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL, ALL, ALL, ALL), (ALL, ALL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def words(seed: int, kind: str, first: int, paths: int, pair: int = 0) -> np.ndarray:
    """The two 64-bit words of a pair, (2, paths)."""
    out = np.empty((4, paths), dtype=np.uint64)
    philox.fill_words(stream_words(seed, "a", kind), first, pair, out)
    return np.stack([out[0] | out[1] << np.uint64(32), out[2] | out[3] << np.uint64(32)])


@pytest.mark.parametrize(("counter", "key", "expected"), PUBLISHED)
@pytest.mark.parametrize("beside", [1, 17])
def test_published_words(counter, key, expected, beside):
    out = np.empty((4, beside), dtype=np.uint64)
    path, pair, *others = counter
    philox.fill_words(np.array([*key, *others], dtype=np.uint64), path, pair, out)
    assert tuple(out[:, 0].tolist()) == expected


def test_words_are_those_of_the_plain_integers():
    """Written again with Python's integers, for counters across the whole range."""
    draw = np.random.default_rng(1)
    for _ in range(50):
        c, k = draw.integers(0, 2**32, 4).tolist(), draw.integers(0, 2**32, 2).tolist()
        out = np.empty((4, 1), dtype=np.uint64)
        philox.fill_words(np.array([*k, *c[2:]], dtype=np.uint64), c[0], c[1], out)
        for _ in range(10):
            p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
            c = [q >> 32 ^ c[1] ^ k[0], q & ALL, p >> 32 ^ c[3] ^ k[1], p & ALL]
            k = [k[0] + 0x9E3779B9 & ALL, k[1] + 0xBB67AE85 & ALL]
        assert out[:, 0].tolist() == c


@kernel
def from_words(first: np.ndarray, second: np.ndarray, out: np.ndarray) -> None:
    """The kernel's inner functions, called from another one."""
    for i in range(first.size):
        out[0, i], out[1, i] = philox.normal_pair(first[i], second[i])
        out[2, i] = philox.fraction(first[i])


def exact_pair(first: int, second: int) -> tuple[float, float]:
    with mpmath.workdps(40):
        u, r = (mpmath.mpf(2 * (word >> 12) + 1) / 2**53 for word in (first, second))
        radius, angle = mpmath.sqrt(-2 * mpmath.log(u)), r * mpmath.pi / 4
        point = [radius * mpmath.cos(angle), radius * mpmath.sin(angle)]
        x, y = point[::-1] if second & 1 else point
        return float(x if not second & 2 else -x), float(y if not second & 4 else -y)


EDGES = [0, 1, 2, 4, 7, 1 << 12, (1 << 63) - 1, 1 << 63, 0xB504F333F9DE6484, (1 << 64) - 1, (1 << 64) - (1 << 12)]


def test_normals_are_exact_to_rounding():
    """Against mpmath, with the least and the largest uniform, and the reduction's border at sqrt(1/2)."""
    near = np.random.default_rng(2).integers(0, 2**64, (2, 300), dtype=np.uint64)
    edges = np.array([(a, b) for a in EDGES for b in EDGES], dtype=np.uint64).T
    first, second = np.ascontiguousarray(np.concatenate((near, edges), axis=1))
    out = np.empty((3, first.size))
    from_words(first, second, out)
    exact = np.array([exact_pair(int(a), int(b)) for a, b in zip(first, second, strict=True)]).T
    np.testing.assert_allclose(out[:2], exact, rtol=1e-15)
    np.testing.assert_array_equal(out[2], [(2 * (int(a) >> 12) + 1) / 2**53 for a in first])
    assert out[2].min() > 0
    assert out[2].max() < 1
    assert np.abs(out[:2]).max() <= math.sqrt(2 * 53 * math.log(2))


def test_streams_draw_what_the_words_say():
    noise = CounterStream(5, "a", 1000, 33)
    for pair in range(3):
        w = words(5, "normal", 1000, 33, pair)
        exact = np.array([exact_pair(int(a), int(b)) for a, b in w.T]).T
        np.testing.assert_allclose(noise.normals(2), exact, rtol=1e-15)
        u = (2 * (words(5, "uniform", 1000, 33, pair) >> np.uint64(12)).astype(np.float64) + 1) / 2**53
        np.testing.assert_array_equal(np.stack([noise.uniform(), noise.uniform()]), u)


def test_hashes_of_streams_differ_in_everything():
    found = {
        tuple(stream_words(seed, name, kind).tolist())
        for seed in range(20)
        for name in ("a", "b", "a/b", "normal", "1/normal/a")
        for kind in ("normal", "uniform")
    }
    assert len(found) == 200
    assert all(0 <= word < 2**32 for words_ in found for word in words_)


N = 1 << 20


def sample(name: str = "a", rows: int = 1) -> np.ndarray:
    return CounterStream(1, name, 0, N // rows).normals(rows)


def test_moments():
    """Of a million normals to order 8; the error of a mean power is its own variance's."""
    z = sample().ravel()
    for power, mean in ((1, 0), (2, 1), (3, 0), (4, 3), (5, 0), (6, 15), (7, 0), (8, 105)):
        second = math.prod(range(2 * power - 1, 0, -2))  # E z^(2 power)
        assert abs((z**power).mean() - mean) < K * math.sqrt((second - mean**2) / N), power


def test_distribution():
    """Kolmogorov and Smirnov, and a thousand bins of equal probability; normals of both kinds of row, and uniforms."""
    z, u = sample(rows=2), CounterStream(1, "a", 0, N).uniform()
    for x in (ndtr(z[0]), ndtr(z[1]), u):
        assert stats.kstest(x, "uniform").pvalue > 1e-3
        bins = np.bincount((x * 1000).astype(int), minlength=1000)
        assert 1e-3 < stats.chisquare(bins).pvalue < 1 - 1e-3


def test_pairs_fill_the_plane():
    """Two normals of one counter are independent: 40 x 40 cells of equal probability."""
    x, y = (ndtr(row) for row in sample(rows=2))
    cells = np.bincount((x * 40).astype(int) * 40 + (y * 40).astype(int), minlength=1600)
    assert 1e-3 < stats.chisquare(cells).pvalue < 1 - 1e-3


@pytest.mark.parametrize("power", [1, 2, 3])
def test_serial_and_cross_correlation(power):
    """Between draws 1 to 8 apart on a path, paths 1 to 64 apart, and streams of like names and seeds."""
    z = sample(rows=64) ** power
    z = (z - z.mean()) / z.std()
    size = K / math.sqrt(N / 2)
    assert max(abs((z[lag:] * z[:-lag]).mean()) for lag in range(1, 9)) < size * 1.2
    assert max(abs((z[:, lag:] * z[:, :-lag]).mean()) for lag in range(1, 65)) < size
    others = [CounterStream(seed, name, 0, N).normal() for seed, name in ((1, "b"), (2, "a"), (0, "a"), (1, "a "))]
    matrix = np.corrcoef(np.stack([sample().ravel(), *others]) ** power)
    assert np.abs(matrix - np.eye(5)).max() < K / math.sqrt(N)


@pytest.mark.slow
def test_tails_of_a_hundred_million():
    """How many exceed 1 to 5.5 standard deviations, on either side; blocks of paths far apart."""
    levels, found, rounds = np.arange(1.0, 6.0, 0.5), np.zeros((2, 10)), 100
    for i in range(rounds):
        z = CounterStream(3, "tail", i * 40_000_000, N // 2).normals(2).ravel()
        ordered = np.sort(z)
        found += [N - np.searchsorted(ordered, levels), np.searchsorted(ordered, -levels)]
    expected = rounds * N * ndtr(-levels)
    assert (np.abs(found - expected) < K * np.sqrt(expected)).all()
