"""Exchange: models read from, and written for, other linkage programs."""
