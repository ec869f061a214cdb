"""Kinlink: finds the children of people in prison and on probation, so that someone helps them."""
