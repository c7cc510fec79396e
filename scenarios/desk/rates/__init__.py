"""The page Rates: curves from quotes that can be edited, swaps and books on them, their risk, and stresses.

`asked` is what a form says, `market` its curves before and after, `priced` everything that is shown of them, `pages`
the page and its exports.
"""
