"""An authorizer with everything around it in hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from services.chassis.clock import ManualClock
from services.chassis.identity import Identity, IdentitySigner
from services.chassis.ids import new_id
from services.chassis.tests.keys import signers
from services.identity.api.authorizer.anonymous import AnonymousRequests
from services.identity.api.authorizer.authorizer import Authorizer
from services.identity.contracts import all_methods
from services.identity.tests.authorizer.fakes import NotedUses, Seconds, TokensInMemory, identity_in, request
from services.identity.tests.builders import NOW

ORGANIZATION = new_id()
CLIENT_PATH = "/platform/v1/client/checkouts/cs_abc"


class CountingSigner(IdentitySigner):
    """Counts its signatures."""

    signed = 0

    def sign(self, identity: Identity, *, now: float | None = None) -> str:
        self.signed += 1
        return super().sign(identity, now=now)


class Stage:
    """An authorizer with everything around it in hand."""

    def __init__(self, folder: Path) -> None:
        _, self.verifier = signers(folder, ["identity"])
        self.signer = CountingSigner(folder / "identity.pem", "identity")
        self.tokens, self.uses, self.clock, self.seconds = TokensInMemory(), NotedUses(), ManualClock(NOW), Seconds()
        self.authorizer = Authorizer(
            find_token=self.tokens.find,
            uses=self.uses,
            signer=self.signer,
            anonymous=AnonymousRequests(all_methods()),
            clock=self.clock,
            seconds=self.seconds,
        )

    def pass_time(self, seconds: float) -> None:
        self.seconds.now += seconds
        self.clock.advance(timedelta(seconds=seconds))

    async def check(self, authorization: str | None, path: str = "/platform/v1/orders", method: str = "GET") -> bytes:
        return await self.authorizer.check(request(method, path, authorization))

    async def caller(self, authorization: str | None, path: str = "/platform/v1/orders", method: str = "GET") -> Identity:
        # The verifier reads the real time, the signer too.
        return self.verifier.verify(identity_in(await self.check(authorization, path, method)))
