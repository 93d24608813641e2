"""Answers the edge whether a request may pass, and as whom; a process of its own."""
