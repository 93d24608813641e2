"""Domain values as protobuf messages and back: the only room in both worlds, for answers and for facts."""
