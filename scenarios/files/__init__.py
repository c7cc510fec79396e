"""Histories and books as people have them: any text encoding, separator, decimal mark, form of date and column name.

Unambiguous input is read, with a note of each assumption; ambiguous input is refused with the remedy, file and line.
"""
