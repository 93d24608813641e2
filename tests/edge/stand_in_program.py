"""Stands in for a service's process: `stand_in_program.py SERVICE VERB`, told what a service is told."""

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc
import psycopg
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def migrate() -> None:
    """Makes a table as the owner that the app may read."""
    app = psycopg.conninfo.conninfo_to_dict(os.environ["BURSAR_DATABASE_URL"])["user"]
    with psycopg.connect(os.environ["BURSAR_DATABASE_OWNER_URL"]) as owner:
        owner.execute("create table if not exists note (id bigint primary key)")
        owner.execute(psycopg.sql.SQL("grant select on note to {}").format(psycopg.sql.Identifier(str(app))))


def serve() -> None:
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(os.environ["BURSAR_GRPC_ADDRESS"])
    server.start()

    def stop(number: int, frame: FrameType | None) -> None:
        server.stop(None)

    signal.signal(signal.SIGTERM, stop)
    server.wait_for_termination()


if __name__ == "__main__":
    service, verb = sys.argv[1:]
    if os.environ.get("STAND_IN_FAILS") == verb:
        sys.exit(f"{service} cannot {verb}: the moon is in the wrong phase")
    if verb == "migrate":
        migrate()
    elif verb == "bootstrap":
        sys.stdout.write(json.dumps({"operator_token": "operator"}))
    else:
        serve()
