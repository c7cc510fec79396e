"""What happens to whom: scenario files, presets, sweeps, and the command line."""

from scenarios.house import verify

verify()
