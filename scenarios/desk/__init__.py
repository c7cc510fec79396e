"""The browser desk: pages over the same functions that the command line calls, served to this machine's browsers.

`app` gathers the pages, `guard` stands before every request, `layout` fills templates, `workspace` knows the folder
that may be read and written. Each part of the desk (`home`, ...) is a list of routes. Nothing here computes.
"""
