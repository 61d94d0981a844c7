"""One operations table with its messages, shared by every face."""
