"""What must hold for the whole suite at every moment of quiet, and how to wait for such a moment."""
