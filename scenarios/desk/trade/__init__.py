"""The classroom: students take the seats of one desk, a crisis goes on at the lecturer's pace, and scores follow.

`cases` are what may be played, `chosen` is what a lecturer made of one. A `room` is a class under way: who joined, what
was ordered, at which turn it stands; its `journal` is on disk before an answer goes out. Its world lives in a process
of its own (`world_process` here, `worker` there), so that answers come from memory. `lecturer`, `student` and `api` are
the pages and the interface. This is the one place of Spiral that looks at the clock on the wall: to keep the pace.
"""
