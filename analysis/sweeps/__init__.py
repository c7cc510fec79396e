"""Analysis of sweeps: sensitivity of metrics, cost of policies, and reports."""
