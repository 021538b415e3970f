"""Command line programs, one a file. They turn flags into library calls and nothing more."""
