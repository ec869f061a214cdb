"""Finding families: which offender is the parent of which child, how surely, and why."""
