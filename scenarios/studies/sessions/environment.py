"""Hedging as a Gymnasium environment: one desk, or a path of an ensemble each (optional extra `env`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, SupportsFloat

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from scenarios.studies.sessions.features import BOUND, FEATURES
from scenarios.studies.sessions.hedging_game import HedgingGame
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.studies.sessions.plan import Plan

Seen = NDArray[np.float32]
Choice = NDArray[np.float32]
SEEDS = 2**31


def _spaces(game: HedgingGame) -> tuple[gym.spaces.Box, gym.spaces.Box]:
    """What is seen, and what may be chosen, on one path."""
    seen = gym.spaces.Box(-BOUND, BOUND, (len(FEATURES),), np.float32)
    return seen, gym.spaces.Box(-1.0, 1.0, (game.choices,), np.float32)


class HedgingEnv(gym.Env[Seen, Choice]):
    """One desk in one world. Made by `scenarios.hedging_env`.

    Observation: `FEATURES`, float32. Action: the position wanted, from -1 (none) by 0 (what neutralises the book) to 1
    (twice that): of the asset and, where the desk has others, of all other hedges. Reward: P&L since the
    last decision, as a share of the capital; over an episode rewards add up to P&L over capital. Terminated: the desk
    was closed out or defaulted. Truncated: the clock has ended, with the desk alive.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 Gymnasium's own declaration

    def __init__(self, plan: Plan) -> None:
        self._game = HedgingGame(plan)
        self.observation_space: gym.Space[Seen]
        self.action_space: gym.Space[Choice]
        seen, choice = _spaces(self._game)
        self.observation_space, self.action_space = seen, choice  # type: ignore[assignment]
        self._ended = True

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Seen, dict[str, Any]]:
        """Begin again; without a seed the noise is new each time."""
        super().reset(seed=seed)
        self._ended = False
        return self._game.start(int(self.np_random.integers(SEEDS)))[0], {"pnl": 0.0}

    def step(self, action: Choice) -> tuple[Seen, SupportsFloat, bool, bool, dict[str, Any]]:
        """Decide, and let the world go on to the next decision."""
        if self._ended:
            raise UserError("the episode has ended", place="step", remedy="call reset() first")
        turn = self._game.play(_chosen(action, (1, self._game.choices)))
        dead = bool(turn.dead[0])
        self._ended = dead or turn.over
        return turn.seen[0], float(turn.reward[0]), dead, turn.over and not dead, {"pnl": float(turn.pnl[0])}


class HedgingVectorEnv(VectorEnv[Seen, Choice, NDArray[np.bool_]]):
    """A desk on each path of an ensemble, as for `HedgingEnv`; all paths share one calendar and end together.

    A desk that is gone stays so: `terminations` remains true and its rewards are 0 until `reset`, which begins all
    paths again (`AutoresetMode.DISABLED`). `infos["alive"]` says which are not.
    """

    metadata = {"autoreset_mode": AutoresetMode.DISABLED, "render_modes": []}  # noqa: RUF012 as above

    def __init__(self, plan: Plan) -> None:
        self._game = HedgingGame(plan)
        self.num_envs = self._game.paths
        self.single_observation_space, self.single_action_space = _spaces(self._game)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._dead, self._over = np.zeros(self.num_envs, dtype=bool), True

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Seen, dict[str, Any]]:
        """Begin all paths again; without a seed the noise is new each time."""
        if isinstance(seed, list):
            raise UserError("an ensemble has one seed", value=seed, place="seed", remedy="give a number")
        super().reset(seed=seed)
        self._dead, self._over = np.zeros(self.num_envs, dtype=bool), False
        seen = self._game.start(int(self.np_random.integers(SEEDS)))
        return seen, {"pnl": np.zeros(self.num_envs), "alive": ~self._dead}

    def step(self, actions: Choice) -> tuple[Seen, Any, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Decide on every path, and let the world go on to the next decision."""
        if self._over:
            raise UserError("the episode has ended", place="step", remedy="call reset() first")
        turn = self._game.play(_chosen(actions, (self.num_envs, self._game.choices)))
        reward = np.where(self._dead, 0.0, turn.reward)
        self._dead, self._over = self._dead | turn.dead, turn.over
        over = np.full(self.num_envs, turn.over) & ~self._dead
        return turn.seen, reward, self._dead.copy(), over, {"pnl": turn.pnl, "alive": ~self._dead}


def _chosen(action: Any, shape: tuple[int, int]) -> NDArray[np.float64]:
    """A decision as (paths, choices). Raises UserError."""
    given = np.asarray(action, dtype=np.float64)
    if given.size != shape[0] * shape[1] or not np.isfinite(given).all():
        rule = f"an action is {shape[0]} x {shape[1]} finite numbers, -1 to 1"
        raise UserError(rule, value=f"shape {given.shape}", place="action")
    return given.reshape(shape)
