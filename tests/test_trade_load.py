"""Thirty students at once, for some decisions: nothing is lost, and answers come in time."""

from __future__ import annotations

import pytest

from tests.classroom import SHORT
from tests.load_class import load

pytestmark = pytest.mark.slow


def test_thirty_students_lose_no_order_and_wait_little():
    found = load(30, 16.0, 2.0, {"case": "own", "preset": SHORT["preset"], "until": "2019-05-31", "decide": "2h"})
    assert found["turns"] >= 6 and found["accepted"] >= 30 * 5
    assert found["lost"] == 0 and found["not filled"] == 0
    assert found["ms"]["all"]["p95"] < 1000.0  # a machine that does nothing else: 200 (docs/desk/trade.md)
