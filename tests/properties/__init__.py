"""Properties of several services' real code at once, over streams of facts made from a seed."""
