"""Figures of the lessons for slides: a file a lesson, each reading what its page's scripts have left in the folder."""
