"""The rules of selling: pure functions over frozen values. No clock, no random, no I/O, no protobuf."""
