"""Pictures of progress and summaries, as literal strings."""
