"""What is fast, measured against the limit of the machine in the same run."""
