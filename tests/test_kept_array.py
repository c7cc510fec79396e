"""What is kept between processes is what would be computed; a spoilt file is as if it were not there."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from sim import kept_array, sessions
from sim.kept_array import kept
from sim.sessions import exchange_sessions


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_array, "kept_folder", lambda: tmp_path)
    return tmp_path


def test_it_is_computed_once(folder):
    made = []

    def compute():
        made.append(1)
        return np.arange(6).reshape(2, 3)

    one, two = (kept(("numbers", 6), compute) for _ in range(2))
    assert len(made) == 1 and np.array_equal(one, two) and two.dtype == np.int64
    kept(("numbers", 7), compute)
    assert len(made) == 2 and len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("spoil", [lambda c: c[:-8], lambda c: c[:-1] + bytes([c[-1] ^ 1]), lambda c: b""])
def test_a_spoilt_file_is_computed_again(folder, spoil):
    kept(("numbers",), lambda: np.arange(9))
    (file,) = folder.iterdir()
    file.write_bytes(spoil(file.read_bytes()))
    assert np.array_equal(kept(("numbers",), lambda: np.arange(9) + 1), np.arange(9) + 1)
    assert np.array_equal(kept(("numbers",), lambda: np.arange(9)), np.arange(9) + 1)


def test_nothing_and_errors_are_not_kept(folder):
    assert kept(("none",), lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        kept(("error",), lambda: 1 // 0)
    assert list(folder.iterdir()) == []


def test_without_a_folder_it_is_computed(monkeypatch):
    monkeypatch.setattr(kept_array, "kept_folder", lambda: None)
    assert kept(("numbers",), lambda: np.arange(3)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("calendar", ["XNYS", "XLON", "CMES"])
def test_sessions_read_are_sessions_laid_out(folder, calendar):
    span = calendar, 2019, 2020
    first, second = sessions._around.__wrapped__(*span), sessions._around.__wrapped__(*span)
    assert len(list(folder.iterdir())) == 1
    for name in ("days", "opens", "closes", "a_year"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def test_sessions_that_are_kept_need_no_library():
    exchange_sessions("XNYS", date(2020, 2, 19), date(2020, 4, 3))
    code = (
        "import sys; from datetime import date; from sim.sessions import exchange_sessions as s;"
        "s('XNYS', date(2020, 2, 19), date(2020, 4, 3)); print([m for m in ('pandas', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
