"""Known answers: results from the literature and closed forms, reproduced through the engine with standard errors.

from scenarios import validate

result = validate(["hedging-error"])
result.frame       # a row per reading: expected, got, standard error, z, power, verdict
result.passed
result.write("runs/validation")
"""

from __future__ import annotations
