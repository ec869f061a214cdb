"""Benchmarks: how good and how fast Kinlink is beside tools that a user could pick instead.

`quality` reads open data sets with known truth; `speed` makes its own data. Every figure comes from
whole processes, one tool and one set each, measured from outside. Nothing in `pipeline/` imports
this package.
"""
