"""The known answers, a module a topic; each defines CASES."""
