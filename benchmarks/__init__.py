"""Programs that measure. Each compares what it measures within one run; see README.md."""
