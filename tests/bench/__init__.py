"""Ours and the tools that people use today, side by side on one server: `make bench`."""
