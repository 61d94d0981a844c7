"""Values in, pictures out: text and html of progress and summaries."""
