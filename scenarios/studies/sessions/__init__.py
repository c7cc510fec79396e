"""Live sessions: a world that stops where a decision is due, and the orders that make it the same again."""
