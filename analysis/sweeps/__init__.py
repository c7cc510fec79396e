"""Questions asked of a sweep: what moves its metrics, what a policy costs, and a report of both."""
