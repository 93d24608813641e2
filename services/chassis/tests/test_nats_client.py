"""Our shorter ways say and hear on the wire what the library's own do."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.chassis.nats_client import Arrived, FactClient, header_lines, publication, status

HEADERS = {"event-type": "order.paid", "Nats-Msg-Id": "0190a9b2-1111-7abc-8def-0123456789ab", "said": "Größe: 3"}


@pytest.mark.parametrize("headers", [None, HEADERS], ids=["bare", "with headers"])
@pytest.mark.parametrize("payload", [b"", b"\r\nMSG a 1 0\r\n", bytes(range(256)) * 40], ids=["empty", "like a command", "long"])
async def test_what_one_way_sends_the_other_hears(nats_url: str, headers: dict[str, str] | None, payload: bytes) -> None:
    theirs, ours = Client(), FactClient()
    await theirs.connect(nats_url)
    await ours.connect(nats_url)
    heard_by_them: asyncio.Queue[Msg] = asyncio.Queue()
    heard_by_us: asyncio.Queue[Arrived] = asyncio.Queue()
    await theirs.subscribe("theirs", cb=heard_by_them.put)
    inbox = await ours.receive(heard_by_us.put_nowait)
    await theirs.flush()
    await ours.flush()

    await ours.send(publication("theirs", payload, headers, reply="answer.here") * 3)
    await theirs.publish(inbox.subject, payload, reply="answer.here", headers=headers)

    for _ in range(3):
        message = await asyncio.wait_for(heard_by_them.get(), 5)
        assert (message.data, message.reply, message.headers) == (payload, "answer.here", headers)
    arrived = await asyncio.wait_for(heard_by_us.get(), 5)
    assert (arrived.payload, arrived.reply, header_lines(arrived.headers)) == (payload, b"answer.here", headers or {})

    await ours.forget(inbox)
    await ours.flush()
    await theirs.publish(inbox.subject, b"late")
    await theirs.flush()
    await ours.flush()
    assert heard_by_us.empty()
    await theirs.close()
    await ours.close()


async def test_the_server_says_what_became_of_a_request(nats_url: str) -> None:
    client = FactClient()
    await client.connect(nats_url)
    heard: asyncio.Queue[Arrived] = asyncio.Queue()
    inbox = await client.receive(heard.put_nowait)
    await client.send(publication("nobody.listens.here", b"", reply=inbox.subject))
    assert status((await asyncio.wait_for(heard.get(), 5)).headers) == ("503", "")
    await client.close()


def test_a_status_has_a_code_and_perhaps_words() -> None:
    assert status(b"NATS/1.0 404 No Messages\r\n\r\n") == ("404", "No Messages")
    assert status(b"NATS/1.0\r\na: b\r\n\r\n") == ("", "")
    assert status(b"") == ("", "")
