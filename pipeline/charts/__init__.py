"""Charts: what a model learned, what it found, and what blocking did, as pages and plain tables."""
