"""Settings, read once from the environment. Every variable starts with BURSAR_; secrets may be files (BURSAR_…_FILE)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service is told. A service with more of its own subclasses this in its settings.py."""

    model_config = SettingsConfigDict(env_prefix="BURSAR_", extra="ignore", frozen=True)

    service: str
    environment: str = Field("production", description="`production` has no reflection; `local` and `test` have")
    grpc_address: str = Field("0.0.0.0:50051", description="host:port of the gRPC server")
    metrics_address: str = Field("0.0.0.0:9090", description="host:port of GET /metrics")
    database_url: str = Field(description="PostgreSQL URL of the application role; row-level security applies to it")
    database_worker_url: str = Field(description="PostgreSQL URL of the role of relay and consumers, which sees all organizations")
    database_owner_url: str | None = Field(None, description="PostgreSQL URL of the owner; only `migrate` uses it")
    database_pool_size: int = Field(8, ge=1, le=100)
    nats_url: str = "nats://127.0.0.1:4222"
    nats_stream: str = Field("EVENTS", description="the one stream of domain events")
    nats_replicas: int = Field(1, ge=1, le=5)
    identity_key_file: Path = Field(description="PEM of this service's Ed25519 private key")
    identity_trust_file: Path = Field(description="JSON list of {key_id, issuer, public_key_pem}: whose identities count")
    peers: dict[str, str] = Field(default_factory=dict, description="gRPC addresses of the other services")
    consumer_batch: int = Field(500, ge=1, le=1000, description="facts that the consumer takes in one transaction, at most")
    relay_batch: int = Field(500, ge=1, le=1000, description="facts that the relay publishes in one batch, at most")
    max_concurrent_rpcs: int = Field(256, ge=1)
    drain_seconds: float = Field(5.0, ge=0, description="between NOT_SERVING and the stop, for load balancers to notice")
    trace_sample_ratio: float = Field(0.01, ge=0, le=1, description="share of the traces that start here that is recorded")
    trace_endpoint: str | None = Field(None, description="OTLP/HTTP collector; none: spans stay in the process")
