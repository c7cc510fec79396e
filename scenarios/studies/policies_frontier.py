"""The frontier of hedging policies: every policy over its parameter's range, in one scenario or many, by a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from agents.policies import POLICIES, Never
from scenarios.reading.loading import load
from scenarios.reading.shipped import presets
from scenarios.scenario import Scenario, encode
from scenarios.studies.sweeps.bases import DESK
from scenarios.studies.sweeps.carrying import Changed
from scenarios.studies.sweeps.spec import Axis, SweepSpec
from scenarios.studies.sweeps.sweep import Progress, sweep
from sim.arguments import made, maybe, number, several, takes, whole
from sim.errors import UserError
from sim.names import PRICE_TAKER
from sim.sweep_dataset import SweepResult

Policy = Mapping[str, Any]  # a policy as a scenario file writes it: kind and its keys
Base = str | Path | Scenario

MOST_DESKS = 1_000

# What each policy is tried with, from near-continuous hedging of a book of some $10bn to next to none.
INTERVALS = ("tick", "1h", "2h", "1d", "2d", "5d")
LELAND = ("tick", "2h", "1d", "2d")
WIDTHS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3)  # delta, share of the book's gross units
AVERSIONS = (1e-6, 1e-7, 3e-8, 1e-8, 3e-9, 1e-9, 1e-10, 1e-11)  # 1/$
THRESHOLDS = (0.005, 0.01, 0.02, 0.035, 0.06, 0.1)  # ln S
OFTEN = "tick"  # interval of policies that have another parameter


def all_policies() -> tuple[Policy, ...]:
    """Every shipped policy over its parameter's range, from the closest hedge to the loosest; `never` last.

    A policy that is not known here is tried as it stands.
    """
    known: dict[str, list[dict[str, Any]]] = {
        "every": [{"interval": interval} for interval in INTERVALS],
        "leland": [{"interval": interval} for interval in LELAND],
        "band": [{"width": width, "interval": OFTEN} for width in WIDTHS],
        "whalley_wilmott": [{"risk_aversion": a, "interval": OFTEN} for a in AVERSIONS],
        "zakamouline": [{"risk_aversion": a, "interval": OFTEN} for a in AVERSIONS],
        "on_move": [{"threshold": threshold, "interval": OFTEN} for threshold in THRESHOLDS],
        "learned": [],  # without weights it is a band
        "never": [{}],
    }
    kinds = [*known, *(kind for kind in POLICIES if kind not in known)]
    return tuple({"kind": kind, **keys} for kind in kinds for keys in known.get(kind, [{"interval": OFTEN}]))


@takes(
    paths=maybe(whole(1)),
    seed=maybe(whole(0)),
    desks=several(whole(1)),
    policies=maybe(several(made(Mapping, "a table with the policy's kind and keys"))),
    option_shares=several(number),
    settings=maybe(made(Mapping, "a table of dotted keys")),
)
def frontier(
    scenario: Base | Sequence[Base],
    *,
    paths: int | None = None,
    seed: int | None = None,
    desks: Sequence[int] = (1,),
    policies: Sequence[Policy] | None = None,
    option_shares: Sequence[float] = (),
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    changed: Changed = "refuse",
    retry_failed: bool = False,
    progress: Progress | None = None,
    command: str | None = None,
) -> SweepResult:
    """Run hedging policies in one scenario or several, on the same random numbers, beside the price-taker twin.

    The desk is the scenario's first hedger by name. `analysis.sweeps` reads the answer: frontier, best_policies,
    externality, write_frontier_report.

    Args:
        scenario: a name, a path or a `Scenario`, or several of them.
        paths: of every cell (default: the scenario's).
        seed: of every cell (default: the scenario's).
        desks: how many identical desks run the policy, each with the whole book. With more than one number the sweep is
            of kind "crowding".
        policies: tables as a scenario file has them, also of own classes ({"kind": "module:Class", ...}). Default:
            `all_policies`, and the desk's own if it is none of them.
        option_shares: shares of the book's vega (or gamma) that each policy buys back with the desk's option leg.
        settings: dotted keys that every run has.
        out: folder of the sweep; the same call goes on with what was interrupted there. As `sweep` has it, like the
            rest.
        workers: processes.
        cluster: address of a Dask scheduler.
        changed: what to do where another sweep began the folder.
        retry_failed: run failed cells again.
        progress: called with cells finished, work done, and all cells.
        command: what the user typed, for the manifest.

    Raises:
        UserError: for a user's mistake, before anything runs.
    """
    spec = frontier_spec(
        scenario,
        paths=paths,
        seed=seed,
        desks=desks,
        policies=policies,
        option_shares=option_shares,
        settings=settings,
    )
    return sweep(
        spec,
        out=out,
        workers=workers,
        cluster=cluster,
        changed=changed,
        retry_failed=retry_failed,
        progress=progress,
        command=command,
    )


def frontier_spec(
    scenario: Base | Sequence[Base],
    *,
    paths: int | None = None,
    seed: int | None = None,
    desks: Sequence[int] = (1,),
    policies: Sequence[Policy] | None = None,
    option_shares: Sequence[float] = (),
    settings: Mapping[str, Any] | None = None,
) -> SweepSpec:
    """The sweep that `frontier` runs. Raises UserError."""
    given = [scenario] if isinstance(scenario, str | Path | Scenario) else list(scenario)
    bases = [base if isinstance(base, Scenario) else load(base) for base in given]
    crowds = tuple(dict.fromkeys(desks))
    crowded = len(crowds) > 1
    for base in bases:
        check_desk(base, crowds)
    tables = tuple(dict(policy) for policy in (_tried(bases) if policies is None else policies))
    if option_shares:
        check_option_legs(bases)
        tables = tuple(_with_shares(tables, option_shares))
    axes = [Axis(name="policy", key=f"agents.{DESK}.policy", values=tables, label="Hedging policy")]
    if crowds != (1,):
        axes.append(Axis(name="desks", key=f"agents.{DESK}.count", values=crowds, label="Desks running the policy"))
    one = len(bases) == 1
    return SweepSpec(
        name=f"{'crowding' if crowded else 'frontier'}_{bases[0].name if one else 'all'}",
        title=f"Hedging policies: {bases[0].title if one else f'{len(bases)} crises'}",
        description="Every hedging policy over its parameter's range, on the same random numbers.",
        scenarios=tuple(given),
        axes=tuple(axes),
        paths=paths,
        seed=seed,
        twin=PRICE_TAKER,
        agent=_agent(bases),
        settings=dict(settings or {}),
        kind="crowding" if crowded else "frontier",
        file="frontier",
    )


def _tried(bases: Sequence[Scenario]) -> tuple[Policy, ...]:
    """All policies, and the one of a single scenario's desk where it is of a class of the user's own."""
    shipped = all_policies()
    own = encode(desk_of(bases[0]).policy) if len(bases) == 1 else {}
    if not own or own["kind"] in {policy["kind"] for policy in shipped}:
        return shipped
    return ({key: value for key, value in own.items() if value is not None}, *shipped)


def _with_shares(policies: Sequence[Policy], shares: Sequence[float]) -> Iterator[dict[str, Any]]:
    """Each policy with each share of the option leg; one that hedges nothing buys nothing back."""
    for policy in policies:
        if policy.get("kind") == Never.kind:
            yield {**policy}
        else:
            yield from ({**policy, "option_share": share} for share in shares)


def check_option_legs(bases: Sequence[Scenario]) -> None:
    """Whether the desk of each has an option leg, of which policies can buy a share. Raises UserError."""
    for base in bases:
        if desk_of(base).option_leg is None:
            rule, place = "shares are of the desk's option leg, and it has none", f"{base.name}: option_shares"
            remedy = f"list options in [market.options] and write [agents.{desk_of(base).name}.option_leg]"
            raise UserError(rule, value="none", place=place, remedy=remedy)


def everywhere(desks: Sequence[int]) -> list[str]:
    """The presets in which `desks` desks can run the policy: those that fund the desk by name allow one only."""
    return [name for name in presets() if max(desks) == 1 or not _named_by(load(name))]


def check_desk(scenario: Scenario, desks: Sequence[int]) -> None:
    """Whether this scenario has a desk, and so many of them are possible. Raises UserError."""
    if not any(isinstance(agent, Hedger) for agent in scenario.agents):
        remedy = 'add an agent of type = "Hedger"'
        raise UserError("a frontier needs a hedger", value="none", place=scenario.name, remedy=remedy)
    if not desks or min(desks) < 1:
        raise UserError("desks are counted from 1", value=list(desks), place="desks", remedy="e.g. 1,2,5,10")
    if max(desks) > MOST_DESKS or len(desks) > MOST_DESKS:
        rule = f"at most {MOST_DESKS} desks run a policy, in as many numbers"
        raise UserError(rule, value=max(*desks, len(desks)), place="desks", remedy="e.g. 1,2,5,10")
    lenders = _named_by(scenario)
    if max(desks) > 1 and lenders:
        desk = desk_of(scenario).name
        remedy = "leave this scenario out, or let a lender fund it that names nobody in lends_to"
        rule = f"more desks like {desk} need a lender that does not name it"
        raise UserError(rule, value=f"lent to by {', '.join(lenders)}", place=scenario.name, remedy=remedy)


def check_lender(scenario: Base | Sequence[Base]) -> None:
    """Whether somebody lends to the desk of each: only then does it need capital to survive. Raises UserError."""
    for base in [scenario] if isinstance(scenario, str | Path | Scenario) else scenario:
        found = base if isinstance(base, Scenario) else load(base)
        if lender_of(found, desk_of(found).name) is None:
            remedy = 'add an agent of type = "FundingDesk", or take another risk'
            raise UserError("survival capital needs a lender", value="none", place=found.name, remedy=remedy)


def lender_of(scenario: Scenario, desk: str) -> FundingDesk | None:
    """Who lends to a hedger and asks margin of it."""
    lenders = [a for a in scenario.agents if isinstance(a, FundingDesk)]
    named = next((a for a in lenders if desk in a.lends_to), None)
    return named or next((a for a in lenders if not a.lends_to), None)


def desk_of(scenario: Scenario) -> Hedger:
    """The desk whose policy is varied: the scenario's first hedger by name."""
    assert scenario.desk is not None, "check_desk comes first"
    return scenario.desk


def _named_by(scenario: Scenario) -> list[str]:
    desk = desk_of(scenario).name
    return [a.name for a in scenario.agents if isinstance(a, FundingDesk) and desk in a.lends_to]


def _agent(bases: Sequence[Scenario]) -> str | None:
    """The desk that figures are kept of: by its name, or where scenarios call it differently the first by name."""
    names = {desk_of(base).name for base in bases}
    if len(names) == 1:
        return names.pop()
    for base in bases:
        first = min(agent.name for agent in base.agents if isinstance(agent, Hedger))
        if first != desk_of(base).name:
            remedy = "make a frontier of this scenario alone"
            raise UserError(
                "scenarios agree on the desk's name", value=desk_of(base).name, place=base.name, remedy=remedy
            )
    return None
