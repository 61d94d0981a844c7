"""Every value and where it came from."""
