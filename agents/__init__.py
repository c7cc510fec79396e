"""Agents: desks that hedge, lenders, market makers, funds, clients."""
