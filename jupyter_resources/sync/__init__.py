"""Deciding and doing: from two listings to a plan, from a plan to an outcome."""
