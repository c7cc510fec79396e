"""One path of a run: beside the others, day by day, trade by trade, and what led to a margin call.

Every function reads only the rows of its question: a run of ten thousand paths stays on the disk.
"""
