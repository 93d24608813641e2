from __future__ import annotations

import time
from pathlib import Path

import pytest

from services.chassis.errors import Unauthenticated
from services.chassis.identity import LIFETIME_SECONDS, CallerKind, Identity
from services.chassis.ids import new_id
from services.chassis.tests.keys import signers


def test_a_signed_identity_is_read_back_whole(tmp_path: Path) -> None:
    made, verifier = signers(tmp_path, ["identity"])
    caller = Identity(CallerKind.ORGANIZATION, "token-1", new_id(), frozenset({"orders:read", "products:write"}))
    text = made["identity"].sign(caller)
    assert verifier.verify(text) == caller
    assert verifier.verify(text) == caller  # the remembered one


def test_an_expired_identity_is_refused(tmp_path: Path) -> None:
    made, verifier = signers(tmp_path, ["identity"])
    text = made["identity"].sign(Identity(CallerKind.OPERATOR, "op"), now=time.time() - LIFETIME_SECONDS - 1)
    with pytest.raises(Unauthenticated):
        verifier.verify(text)


def test_a_service_signs_for_itself_alone(tmp_path: Path) -> None:
    made, verifier = signers(tmp_path, ["identity", "checkout", "payments"])
    organization_id = new_id()
    own = verifier.verify(made["checkout"].own(organization_id))
    assert (own.kind, own.actor, own.organization_id) == (CallerKind.SERVICE, "checkout", organization_id)
    for forged in (Identity(CallerKind.OPERATOR, "op"), Identity(CallerKind.SERVICE, "payments", organization_id)):
        with pytest.raises(Unauthenticated):
            verifier.verify(made["checkout"].sign(forged))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "\u00e9.\u00e9.\u00e9"])
def test_garbage_is_refused(tmp_path: Path, text: str) -> None:
    _, verifier = signers(tmp_path, ["identity"])
    with pytest.raises(Unauthenticated):
        verifier.verify(text)


def test_a_strangers_signature_is_refused(tmp_path: Path) -> None:
    here, there = tmp_path / "a", tmp_path / "b"
    here.mkdir()
    there.mkdir()
    _, verifier = signers(here, ["identity"])
    strangers, _ = signers(there, ["identity"])
    with pytest.raises(Unauthenticated):
        verifier.verify(strangers["identity"].sign(Identity(CallerKind.OPERATOR, "op")))
