"""Curves: solved from quotes at the start (`quotes`, `solver`, `curve_set`), and moved on paths (`curve`, `benchmark`).

Dates, calendars and day counts are QuantLib's, imported only where a scenario or a command asks for quoted curves.
"""
