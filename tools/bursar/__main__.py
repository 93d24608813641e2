"""`./bursar clock {show|advance}`."""

from __future__ import annotations

from tools.bursar.application import application

if __name__ == "__main__":
    application(prog_name="bursar")
