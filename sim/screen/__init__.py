"""Text, tables and groups of them in lines of a terminal's width, laid out as rich does.

rich takes 0.06 s of CPU to import and as long to print a long table. Commands that look at something print with these,
and a console of rich prints them too.
"""
