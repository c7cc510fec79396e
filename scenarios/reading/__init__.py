"""From a scenario file's tables to a scenario."""
