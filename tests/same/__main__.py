"""`python -m tests.same BASE`: run every preset and random cast in BASE and here, and say what is not the same."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scenarios.reading.shipped import catalogue
from tests.same.casts import casts
from tests.same.difference import differences

ROOT = Path(__file__).parents[2]
JOB = Path(__file__).with_name("job.py")
WORKERS = 2  # processes a side


def main() -> int:
    """Exit code 0: the same; 1: not the same, a line each."""
    asked = argparse.ArgumentParser(prog="python -m tests.same", description=__doc__)
    asked.add_argument("base", help="a revision: a tag, a branch, a commit")
    asked.add_argument("names", nargs="*", help="presets and casts (default: all)")
    asked.add_argument("--paths", type=int, default=24, help="Monte Carlo paths of each (default: 24)")
    asked.add_argument("--twin", help="of both sides, e.g. frozen (default: each side's own)")
    options = asked.parse_args()
    names = options.names or [*catalogue(), *casts()]
    with tempfile.TemporaryDirectory(prefix="same-") as folder:
        sides = {"base": checkout(options.base, Path(folder)), "head": ROOT}
        written = {side: Path(folder) / f"{side}-tables" for side in sides}
        for side, house in sides.items():
            write_tables(house, written[side], names, options.paths, options.twin)
        found = list(differences(written["base"], written["head"]))
        files = len(list(written["head"].glob("*.parquet")))
        for refused in sorted(written["base"].glob("*.refused")):
            print(f"not compared: {refused.stem} is refused in {options.base}: {refused.read_text()}")
    for each in found:
        print(each)
    told = f"{len(found)} differences" if found else "the same to the last bit"
    print(f"{len(names)} scenarios, {files} tables: {told}")
    return int(bool(found))


def checkout(revision: str, folder: Path) -> Path:
    """The packages of a revision in a folder of their own."""
    house = folder / "base"
    house.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(house)], input=archive, check=True)
    return house


def write_tables(house: Path, out: Path, names: list[str], paths: int, twin: str | None = None) -> None:
    """Run the job over the names in `WORKERS` processes, with the packages of `house`."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    environment = os.environ | {"PYTHONPATH": str(house)}
    shares = [share for first in range(WORKERS) if (share := names[first::WORKERS])]
    commands = [[sys.executable, str(JOB), str(out), str(paths), twin or "-", *share] for share in shares]
    running = [subprocess.Popen(command, cwd=house, env=environment) for command in commands]
    failed = [process.wait() for process in running]  # wait for every one before the folder goes
    if any(failed):
        raise SystemExit(f"the runs in {house} failed")


if __name__ == "__main__":
    sys.exit(main())
