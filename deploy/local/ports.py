"""Ports on loopback that nobody listens on at the moment."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below what kernels hand to outgoing connections: else one of those may take the port of a process
# while it is being restarted.
FIRST_PORT, LAST_PORT = 20_000, 31_999
ATTEMPTS = 1_000


def free_ports(count: int) -> list[int]:
    """As many different free TCP ports. All are held until the last is found, so none comes twice."""
    held: list[socket.socket] = []
    try:
        for _ in range(ATTEMPTS):
            if len(held) == count:
                return [int(each.getsockname()[1]) for each in held]
            if (bound := _bound_socket(random.randint(FIRST_PORT, LAST_PORT))) is not None:
                held.append(bound)
    finally:
        for each in held:
            each.close()
    raise OSError(f"no {count} free ports between {FIRST_PORT} and {LAST_PORT}")


def free_port() -> int:
    return free_ports(1)[0]


def listening(port: int, *, timeout_seconds: float = 0.2) -> bool:
    """True when a TCP connection to the port succeeds."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_seconds):
            return True
    except OSError:
        return False


def _bound_socket(port: int) -> socket.socket | None:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        return None
    return bound
