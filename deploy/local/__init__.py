"""The whole suite as real processes on one machine: `python -m deploy.local up`."""
