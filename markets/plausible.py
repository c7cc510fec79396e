"""Where the markets' record lies, with room: outside these bounds a value is most likely in another unit.

Each is (lowest, highest); 0 is always plausible where a key may be 0, as it switches something off. They are named
here once, stand beside the fields that they bound, and are read from there by every check.
"""

from __future__ import annotations

Bounds = tuple[float, float]

RATE = (-0.05, 0.30)  # decimal: Swiss bills at -2 % in 2015, fed funds at 22 % in 1981
CREDIT = (0.0005, 0.40)  # decimal: investment grade 0.5 to 6.6 %, high yield to 22 %
VOL = (0.03, 2.0)  # decimal: VIX 9 to 83, its forerunner 150 in October 1987
REALISED = (0.005, 5.0)  # decimal a year: a single day's, annualised
YIELD_VOL = (1e-5, 0.2)  # decimal per sqrt(year): 100 bp a year is usual
DIVIDENDS = (-0.2, 0.3)  # decimal a year, borrow fees included
LOG_MOVE = (-1.5, 1.5)  # ln S of one jump
MONEYNESS = (0.2, 5.0)  # strike over spot
HALF_SPREAD = (1e-8, 0.1)  # share of mid, or decimal rate
IMPACT = (1e-12, 2.0)  # ln S or decimal rate for the whole depth
SHARE = (1e-6, 1.0)  # a share that is written as a decimal
DOLLARS = (1e3, 1e15)  # amounts are in $, not in millions or billions
THINNEST = 0.1  # units of the asset that a venue's depth is at least
CAPITAL = (1e-5, 1e5)  # of a desk, as a multiple of its book's size in $
VOL_OF_VOL = (0.005, 10.0)
MULTIPLE = (1e-4, 1e4)  # of something in the same unit

FALL, RISE = 0.35, 0.6  # of an index in a day: New York 20.5 % in 1987, Hong Kong 33 %; a split halves it
# A move in a day that the next day takes back: ln level of prices, vols and spreads; decimal for rates.
REVERSALS = {"spot": 0.18, "vol": 0.9, "credit": 0.6, "overnight": 0.05, "us2y": 0.02, "us10y": 0.02}
TAKEN_BACK = 0.25  # share of a move that may be left after the next day
NEXT_DAY = 4  # calendar days at most from a close to the next, over a weekend with a holiday
