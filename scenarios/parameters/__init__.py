"""Parameters of agents, policies and markets, from the tables of a file: their classes, their types, their limits."""
