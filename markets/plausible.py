"""Ranges seen in markets, with a margin: a value outside is most likely in the wrong unit.

Each is (lowest, highest). 0 is always plausible if a key may be 0, as it switches something off. Fields refer to these
names, and every check reads them from the fields.
"""

from __future__ import annotations

Bounds = tuple[float, float]

RATE = (-0.05, 0.30)  # decimal: Swiss bills at -2 % in 2015, fed funds at 22 % in 1981
RATES_APART = 0.15  # decimal, of one maturity from the nearest other: 0.10 in New York in 1980 and 1981
SPREAD_OVER = (-0.05, 0.05)  # decimal, of one curve over another: a cross-currency basis of -300 bp in 2008 and 2011
FX_VOL = (0.005, 2.0)  # decimal a year: the Hong Kong dollar 0.7 %, the rouble of 2022 100 %
CREDIT = (0.0005, 0.40)  # decimal: investment grade 0.5 to 6.6 %, high yield to 22 %
VOL = (0.03, 2.0)  # decimal: VIX 9 to 83, its forerunner 150 in October 1987
REALISED = (0.005, 5.0)  # decimal a year: a single day's, annualised
YIELD_VOL = (1e-5, 0.2)  # decimal per sqrt(year): 100 bp a year is usual
REPO = (-500.0, 1500.0)  # bp over another rate: SOFR traded up to 375 bp over its median in September 2019
REPO_RATE = (-0.05, 0.15)  # decimal, the same
DIVIDENDS = (-0.2, 0.3)  # decimal a year, borrow fees included
LOG_MOVE = (-1.5, 1.5)  # ln S of one jump
MONEYNESS = (0.2, 5.0)  # strike over spot
PAR_PRICE = (2.0, 500.0)  # per 100: in distress 5, long coupons at low yields 250; 0.99 is a share of par
LONGEST_OPTION = 30.0  # years, or future, on an asset: listed ones 10, others up to 20
PROTECTION = (0.1, 1.5)  # of a note's notional
PARTICIPATION = (0.02, 10.0)  # of a note in a rise
CAP = (0.01, 5.0)  # on a rise, share of the spot
HALF_SPREAD = (1e-8, 0.1)  # share of mid, or decimal rate
IMPACT = (1e-12, 2.0)  # ln S or decimal rate for the whole depth
SHARE = (1e-6, 1.0)  # a share that is written as a decimal
THINNEST = 0.1  # units of the asset that a venue's depth is at least
PRICE = (1e-9, 1e12)  # $ a unit: of anything that is traded
VOL_OF_VOL = (0.005, 10.0)
MULTIPLE = (1e-4, 1e4)  # of something in the same unit
FACTOR = (1e-3, 20.0)  # by which a rule is made stronger or weaker; 50 is percent
POWER = (0.01, 10.0)  # exponents: a level moves as another to this power
ELASTICITY = (0.01, 100.0)  # ln per ln: of index vols 4 to 10
SPEED = (1e-3, 2e3)  # 1/year: half-lives from 700 years to 3 hours
DECAY = (1e-4, 1e5)  # 1/trading day: half-lives from decades to a quarter of a second
JUMPS = (1e-3, 2e3)  # a year: Merton's fits have 0.1 to 100
STEEPNESS = (0.01, 100.0)  # 1/half-spread: how fast orders stay away
ARRIVALS = (0.01, 1e7)  # orders a trading day
HOURS = (1e-3, 1e5)  # trading hours: a few seconds to sixty years
DAYS = (0.01, 2600.0)  # trading days: minutes to ten years
SECONDS = (1, 864_000)  # ten days
HALT = (1, 10_000)  # minutes: a week
CAPACITY = (1e-4, 20.0)  # of the depth, that one clearing fills
AVERSION = (1e-6, 1e4)  # of a maker, 1/(return x order)
APPETITE = (1e-3, 1e4)  # leverage per ln of mispricing: Thurner's funds have 5 to 100

FALL, RISE = 0.35, 0.6  # of an index in a day: New York 20.5 % in 1987, Hong Kong 33 %; a split halves it
MONTH = 31  # calendar days
MONTHS_MOVE = 1.38  # ln level of an index within a month: to a quarter or fourfold; Reykjavik fell by 77 % in 2008
# A move in a day that the next day takes back: ln level of prices, vols and spreads; decimal for rates.
REVERSALS = {"spot": 0.18, "vol": 0.9, "credit": 0.6, "overnight": 0.05, "us2y": 0.02, "us10y": 0.02}
TAKEN_BACK = 0.25  # share of a move that may be left after the next day
NEXT_DAY = 4  # calendar days at most from a close to the next, over a weekend with a holiday

# Money has no absolute bounds: textbook worlds are worth $100, markets trillions. Each amount is judged by another one
# of its scenario, as a multiple of it. Most spans are narrower than a million, so that a slip of a thousand is seen.
BOOK_CAPITAL = (1e-3, 30.0)  # a desk's capital to its book: LTCM 0.004, presets 0.04 to 0.16
POSITION_CAPITAL = (1e-3, 1e4)  # the same of a book in units: a small position in a large desk is no slip
LEAST_LINE = 1 / 150  # a notional to the next larger one of its book
LEAST_POSITION = 1e-4  # the same in units: a few contracts may be left over
LIMIT = (0.02, 1e3)  # a maker's inventory limit to its capital
OPTIONS = (1e-5, 20.0)  # options that a desk always holds, in $ of the asset, to its book
TRADED = (3e-3, 50.0)  # the largest that is quoted or traded at a venue to its depth
INVESTORS = (1e-3, 1e3)  # what outside investors take over before they ask more to the depth of the venue
ORDER = (1e-4, 2.0)  # one order to the inventory limit of its maker
CLIENT = (5e-6, 0.05)  # a client's order to the depth of the venue
LINE = (2e-3, 60.0)  # a credit line to the capital of the largest borrower
LENDER = (0.02, 1e3)  # a lender's capital to its line, or to the capital of the largest borrower
FUND = (2e-4, 20.0)  # a fund's capital to the depth of what it holds
MORTGAGES = (0.01, 2e3)  # a mortgage book whose duration is hedged to the depth of the venue
HELD = (3e-3, 300.0)  # what a fund holds to its capital
REDEEMED = (5e-4, 3.0)  # what investors withdraw to the fund's capital
FLOW = (5e-5, 30.0)  # an order, or the flow of a day, to the depth of its venue
OWED = (1e-5, 50.0)  # an obligation, of which there may be many, to the debtor's capital
WORTH = (0.05, 20.0)  # what somebody thinks a thing worth to its price
UNIT_MARGIN = (1e-3, 10.0)  # margin on a unit to its price
EAGERNESS = (1e-3, 1e3)  # an insider's to Kyle's
RISK_AVERSION = (1e-3, 3e5)  # absolute risk aversion times the size of what is at risk
OTHER_CAPITAL = (1e-6, 100.0)  # of an agent of another type to the largest depth
