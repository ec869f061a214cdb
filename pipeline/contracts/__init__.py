"""One Arrow schema per table: type, unit, meaning of null, sensitivity and description."""
