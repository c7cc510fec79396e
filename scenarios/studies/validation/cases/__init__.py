"""The known answers, a module a topic; each defines CASES and stands in `scenarios.studies.validation.suite.MODULES`.

A case names its source and what is expected, and its `measure(lab)` runs scenarios with `lab.run` and returns an
`Estimate` for each expected number, most from `Estimate.mean` and its like, which know their standard errors.
"""
