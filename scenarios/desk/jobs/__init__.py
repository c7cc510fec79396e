"""Runs that a browser starts: a queue of processes of our own, kept in `.desk/jobs/` of the desk's folder.

`wanted` says what is run, `reading` makes a scenario of it, `job` is the record of one, `queue` runs them one after the
other, `child` is the process seen from the server, `worker` the process itself, `pages` what a browser sees.
"""
