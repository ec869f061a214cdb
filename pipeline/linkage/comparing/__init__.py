"""Comparing: pairs become agreement patterns, in compiled kernels."""
