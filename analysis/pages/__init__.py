"""Pages to open and to print: reports of runs, sweeps, frontiers, facts, capital and validation."""
