"""`python -m scenarios`: the same as the command `spiral`."""

from scenarios.cli import main

if __name__ == "__main__":
    main(prog_name="python -m scenarios")
