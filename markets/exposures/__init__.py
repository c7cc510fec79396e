"""What a set of swaps may come to be worth: the parts above zero, by future date, in the Hull-White model."""
