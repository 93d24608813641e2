"""`./bursar`: the command line for whoever works with a running suite."""
