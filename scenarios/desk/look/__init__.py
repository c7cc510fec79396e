"""Look: the runs, sweeps and studies of the desk's folder, opened in a browser.

From the list to a run, to one of its paths, to a day, a trade, a margin call; from a sweep to a cell; two runs beside
one another. Every figure comes from `analysis`, from the rows that it needs; charts are fetched when they are seen.
"""
