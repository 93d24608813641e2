"""Faults injected into the real suite under load; afterwards everything has to be as if there had been none."""
