"""The environment of many desks against the usual vector environments over single desks."""

from __future__ import annotations

import time

import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv

from scenarios import hedging_env

DESKS = {8: 5.0, 64: 20.0, 1024: 20.0}  # least ratio of each
SINGLE = 8
PRESET = "covid_crash_2020"


def steps_a_second(env):
    """Of a whole episode, all desks together; begun before the clock is read."""
    env.reset(seed=1)
    choice = np.zeros((env.num_envs, 1), dtype=np.float32)
    begun, turns, rewards = time.process_time(), 0, np.zeros(env.num_envs)
    while True:
        _, reward, terminated, truncated, _ = env.step(choice)
        turns, rewards = turns + 1, rewards + reward
        if (terminated | truncated).all():
            return env.num_envs * turns / (time.process_time() - begun), rewards


@pytest.mark.long
def test_steps_a_second(board):
    """Single environments take the same time a step however many there are: eight of them are timed."""
    steps_a_second(hedging_env(PRESET, paths=2))  # compiled
    usual, _ = steps_a_second(SyncVectorEnv([lambda: hedging_env(PRESET) for _ in range(SINGLE)]))
    for desks, at_least in DESKS.items():
        ours, _ = steps_a_second(hedging_env(PRESET, paths=desks))
        what = f"steps a second of {desks:,} hedging environments, covid, a decision a day"
        goal = {"at_least": at_least, "goal": f"at least {at_least:g}x", "unit": "1/s"}
        board.rate(what, f"Gymnasium's SyncVectorEnv of {SINGLE} single ones", ours=ours, theirs=usual, **goal)
