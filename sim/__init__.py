"""The engine: calendar, world, randomness, ledger, event log, ensemble runs. Knows no finance."""
