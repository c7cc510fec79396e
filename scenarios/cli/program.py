"""The program: its group of commands, and every way in which a command can end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.commands.environment import check_environment
from scenarios.commands.options import TRACEBACK
from scenarios.commands.output import complain, finish, lose, make_ready
from sim.arithmetic import quieten
from sim.errors import SpiralError, UserError
from sim.signals import exit_code, polite
from sim.text import one_line

if TYPE_CHECKING:
    from traceback import FrameSummary

OK, FAILED, MISTAKE, SIGNALLED = 0, 1, 2, 128  # exit codes; a signal's is SIGNALLED and its number
LIBRARIES = f"{os.sep}site-packages{os.sep}"


class ReaderGone(Exception):
    """The reader of the output has had enough."""


class Spiral(click.Group):
    """Turns every error into one line and the right exit code; commands are listed in the order of use.

    Called as a program it does so for bugs too; who calls `main` gets those as they are.
    """

    def __call__(self, *args: Any, **extra: Any) -> Any:
        try:
            return self.main(*args, **extra)
        except Exception as error:
            sys.exit(finish(_told(_last_words(error), FAILED)))

    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        make_ready()
        quieten()
        sys.exit(finish(self._code(*args, **extra)))

    def _code(self, *args: Any, **extra: Any) -> int:
        """The exit code of a command; what went wrong is told."""
        try:
            check_environment()
            with polite():
                code = super().main(*args, **extra)
        except UserError as error:
            return _told(f"error: {error}", MISTAKE)
        except FileNotFoundError:
            if _has_a_folder():
                raise
            return _told("error: the working folder has been removed; change into one that exists", MISTAKE)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "spiral"
            return _told(f"error: {error.format_message()} ({command} --help explains)", MISTAKE)
        except click.Abort as error:
            if isinstance(error.__cause__, EOFError):  # click takes it for the end of the keyboard's input
                raise error.__cause__ from None
            return _told("interrupted: nothing was kept", exit_code(error.__cause__))
        except KeyboardInterrupt as error:  # before the command began
            return _told("interrupted: nothing was kept", exit_code(error))
        except SpiralError as error:
            return _told(f"failed: {error}", FAILED)
        except ReaderGone:
            lose(sys.stdout)  # the reader of our output has gone, as in `spiral keys | head`
            return OK
        except SystemExit as error:
            if isinstance(error.code, int) and error.code > SIGNALLED:
                return error.code
            return _told(
                f"failed: something left Python (sys.exit({error.code!r})) before the command was done", FAILED
            )
        return code if isinstance(code, int) else OK

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise click.Abort from error  # before click prints an empty line for it
        except BrokenPipeError:
            raise ReaderGone from None  # before click takes it for a failure
        except Exception:
            if os.environ.get(TRACEBACK):
                from traceback import print_exc

                print_exc()
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _told(text: str, code: int) -> int:
    complain(text)
    return code


def _has_a_folder() -> bool:
    """Whether the working folder is still there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _not_loaded(error: Exception, steps: Sequence[FrameSummary]) -> str:
    """The library that an error was raised in while its modules were run, by the traceback; else no name.

    Some libraries go on when a part of them cannot be loaded; what they miss is a NameError at its first use.
    """
    from agents.watching.frames import OURS  # an installed Spiral lies among the libraries

    inside = [step for step in steps if LIBRARIES in step.filename and not step.filename.startswith(OURS)]
    if not inside or inside[-1] is not steps[-1]:
        return ""
    if not isinstance(error, NameError) and all(step.name != "<module>" for step in inside):
        return ""
    return Path(inside[-1].filename.rpartition(LIBRARIES)[2]).parts[0].removesuffix(".py")


def _last_words(error: Exception) -> str:
    """The message of an error that nothing expects."""
    if isinstance(error, OSError) and error.strerror:
        return f"failed: {error.strerror}" + (f": {error.filename}" if error.filename else "")
    if isinstance(error, MemoryError):
        return "failed: out of memory; try fewer paths, or a smaller run.chunk"
    from traceback import extract_tb  # only a bug needs it

    steps = extract_tb(error.__traceback__)
    place = f" at {Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else ""
    said = f"{type(error).__name__}: {one_line(str(error))[:300]}{place}"
    if library := _not_loaded(error, steps):
        remedy = "allow the process more memory (ulimit -v), or install it again"
        return f"failed: the library {library} cannot be loaded: {remedy} ({said})"
    return f"bug: {said}; please report it; {TRACEBACK}=1 shows all"
