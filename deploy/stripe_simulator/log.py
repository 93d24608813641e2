"""JSON lines on stderr."""

import sys
import time

from deploy.stripe_simulator.jsons import dump


def log(event: str, **fields: object) -> None:
    line = {"time": round(time.time(), 3), "event": event} | fields
    sys.stderr.buffer.write(dump(line) + b"\n")
    sys.stderr.buffer.flush()
