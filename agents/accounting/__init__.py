"""What every account is worth at MARK and why: marks, the proof that they add up, holdings, dividends."""
