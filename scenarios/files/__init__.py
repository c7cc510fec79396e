"""Histories and books as people have them: any text encoding, separator, decimal mark, form of date and column name.

What is unambiguous is read, and what was assumed is noted; what is not is refused with the remedy, by file and line.
"""
