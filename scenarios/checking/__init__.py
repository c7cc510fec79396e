"""What a scenario must satisfy, and values that no market has had."""
