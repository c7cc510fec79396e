"""Curves: solved from quotes at the start (`quotes`, `solver`, `curve_set`), and moved on paths (`curve`, `benchmark`).

Holidays and day counts are QuantLib's. Holidays are stored between processes, and days over 360 or 365 need no
library, so few commands import it.
"""
