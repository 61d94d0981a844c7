"""Test kit for authors of other stores; ships with the package."""
