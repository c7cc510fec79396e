"""What is said when an agent or a policy of the user's own goes wrong."""
