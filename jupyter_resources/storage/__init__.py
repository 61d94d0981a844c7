"""Places with bytes: one small protocol, an engine a file, and wrappers that are stores around a store."""
