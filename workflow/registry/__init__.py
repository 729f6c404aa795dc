"""Skills by reference: what there is, what it takes and gives, what calling it may do."""
