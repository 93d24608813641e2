"""Domain values as JSON documents, where rows hold them whole."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from pydantic import TypeAdapter

T = TypeVar("T")


class Document(Generic[T]):
    """One type of document, both ways; None stands for nothing."""

    def __init__(self, adapter: TypeAdapter[T]) -> None:
        self._adapter = adapter

    @overload
    def dump(self, value: T) -> Any: ...
    @overload
    def dump(self, value: None) -> None: ...
    def dump(self, value: T | None) -> Any:
        """The value as plain dicts, lists and texts."""
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def load(self, document: object) -> T:
        """The value that a document holds."""
        return self._adapter.validate_python(document)

    def load_optional(self, document: object) -> T | None:
        """The value, or None where nothing is stored."""
        return None if document is None else self._adapter.validate_python(document)
