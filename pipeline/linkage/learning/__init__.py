"""Learning: what agreement is worth, estimated without labels from patterns."""
