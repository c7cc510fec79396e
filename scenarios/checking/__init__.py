"""Rules of a whole scenario: names, dates, sizes, records, and values that no market has had."""
