"""A database and three roles for each service: its owner migrates, its app serves, its worker relays and reacts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.local.secret_store import SecretStore

ROLES = ("owner", "app", "worker")


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """`postgresql://` URLs of one service's database. `worker` sees all organizations, `app` one at a time."""

    owner: str
    app: str
    worker: str


def create_databases(admin_url: str, services: list[str], secrets: SecretStore) -> dict[str, DatabaseUrls]:
    """Makes what is missing; gives the roles of earlier runs their passwords again."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for service in services:
            for role in ROLES:
                _ensure_role(admin, f"bursar_{service}_{role}", secrets.password(f"bursar_{service}_{role}"))
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda service: _ensure_database(admin_url, service), services))
    return {service: _urls(admin_url, service, secrets) for service in services}


def _ensure_role(admin: psycopg.Connection, role: str, password: str) -> None:
    exists = admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = sql.SQL("alter role" if exists else "create role")
    options = sql.SQL("login nosuperuser nobypassrls nocreatedb nocreaterole password")
    admin.execute(sql.SQL("{} {} with {} {}").format(verb, sql.Identifier(role), options, sql.Literal(password)))
    if not exists:
        # An administrator who is no superuser must be a member to give the role a database.
        admin.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _ensure_database(admin_url: str, service: str) -> None:
    name, owner = sql.Identifier(f"bursar_{service}"), sql.Identifier(f"bursar_{service}_owner")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        known = admin.execute("select 1 from pg_database where datname = %s", [f"bursar_{service}"]).fetchone()
        if known:
            return
        admin.execute(sql.SQL("create database {} owner {}").format(name, owner))
        admin.execute(sql.SQL("revoke all on database {} from public").format(name))
        users = sql.SQL(", ").join(sql.Identifier(f"bursar_{service}_{role}") for role in ROLES)
        admin.execute(sql.SQL("grant connect on database {} to {}").format(name, users))


def _urls(admin_url: str, service: str, secrets: SecretStore) -> DatabaseUrls:
    owner, app, worker = (_url(admin_url, service, role, secrets) for role in ROLES)
    return DatabaseUrls(owner, app, worker)


def _url(admin_url: str, service: str, role: str, secrets: SecretStore) -> str:
    parts = urlsplit(admin_url)
    user = f"bursar_{service}_{role}"
    host = parts.netloc.rpartition("@")[2]
    credentials = f"{user}:{quote(secrets.password(user), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{credentials}@{host}", path=f"/bursar_{service}"))
