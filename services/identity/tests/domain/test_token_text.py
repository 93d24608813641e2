"""The text of a token."""

from __future__ import annotations

import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.token_text import SECRET_BYTES, TokenName, read_token, token_hash, token_text

NAMES = st.builds(TokenName, st.uuids(), st.booleans())
SECRETS = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)


@given(NAMES, SECRETS)
def test_what_is_written_is_read(name: TokenName, secret: bytes) -> None:
    text = token_text(name, secret)
    assert read_token(text) == name
    assert len(text) == 93
    assert text.startswith("bursar_opt_" if name.of_operator else "bursar_oat_")
    assert set(text) <= set(string.ascii_letters + string.digits + "_")


@given(NAMES, SECRETS, SECRETS)
def test_two_secrets_have_two_texts_and_two_hashes(name: TokenName, one: bytes, other: bytes) -> None:
    texts = {token_text(name, one), token_text(name, other)}
    assert len(texts) == len({token_hash(text) for text in texts}) == len({one, other})


@given(NAMES, SECRETS, st.integers(0, 92), st.sampled_from(string.printable + "é"))
def test_a_single_wrong_character_is_noticed(name: TokenName, secret: bytes, position: int, character: str) -> None:
    text = token_text(name, secret)
    wrong = text[:position] + character + text[position + 1 :]
    if wrong != text:
        assert read_token(wrong) is None


@given(st.text(max_size=120))
def test_any_other_text_is_no_token(text: str) -> None:
    assert read_token(text) is None


@pytest.mark.parametrize("around", [("", "\n"), (" ", ""), ("", " "), ("x", ""), ("", "0")])
def test_nothing_may_stand_around_it(around: tuple[str, str]) -> None:
    text = token_text(TokenName(UUID(int=7), False), b"s" * SECRET_BYTES)
    assert read_token(around[0] + text + around[1]) is None
