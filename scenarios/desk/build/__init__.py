"""The page Run: choose a scenario, look at its book and market, change it by sliders, run it, and vary a run.

`draft` is what a browser has chosen, `knobs` what it may change (read off the parameters' declarations), `pages` the
page itself, `look` the book and the market of a draft, `what_if` variations of a run.
"""
