"""From a scenario to worlds that run."""
