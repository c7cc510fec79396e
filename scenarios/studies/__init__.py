"""Studies of scenarios: runs, sweeps, frontiers, fits, calibration, known answers."""
