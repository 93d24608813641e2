"""The day of a merchant, played through the edge of the real suite and checked."""
