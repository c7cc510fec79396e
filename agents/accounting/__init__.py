"""Accounting at MARK: value of every account, attribution of P&L, proof that the two agree, holdings, dividends."""
