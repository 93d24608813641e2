"""The scripts of the filters that know the contracts."""

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from deploy.envoy.public import PublicService
from deploy.envoy.query_maps import put_script, take_script
from deploy.envoy.strict_json import strict_json_script


@dataclass(frozen=True, slots=True)
class Scripts:
    """Each is whole: its tables, then what it does."""

    strict_json: str
    """Refuses unknown fields."""
    take_query_maps: str
    """Before the transcoder."""
    put_query_maps: str
    """After it."""


def scripts_of(descriptors: FileDescriptorSet, public: Sequence[PublicService]) -> Scripts:
    """The scripts for the public services."""
    return Scripts(strict_json_script(descriptors, public), take_script(descriptors, public), put_script())
