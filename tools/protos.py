"""Builds everything that follows from the contracts in protos/.

Writes `build/python` (message classes, gRPC stubs, type stubs) and `build/descriptors.pb` (a FileDescriptorSet with all
imports and comments, which the edge, the access table and the linters read).

buf.validate comes from the installed validator itself, so contract and check cannot drift apart.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
BUILD = ROOT / "build"
PYTHON = BUILD / "python"


def main() -> int:
    """Build into a folder beside the old one and swap, so that a failed build leaves the old one alone."""
    BUILD.mkdir(exist_ok=True)
    fresh = BUILD / "python.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    validate = BUILD / "validate.pb"
    validate.write_bytes(_validate_descriptors())
    own = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    scripts = Path(sys.executable).parent
    _protoc(
        f"--descriptor_set_in={validate}",
        f"--proto_path={PROTOS}",
        *(f"--proto_path={path}" for path in _include_paths()),
        f"--python_out={fresh}",
        f"--grpc_python_out={fresh}",
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        f"--mypy_out=quiet:{fresh}",
        f"--mypy_grpc_out=quiet:{fresh}",
        "--include_imports",
        "--include_source_info",
        f"--descriptor_set_out={BUILD / 'descriptors.pb'}",
        *own,
        "buf/validate/validate.proto",
    )
    for folder in {path.parent for path in fresh.rglob("*.py*")} | {fresh / "bursar"}:
        while folder != fresh:
            for name in ("__init__.py", "py.typed"):
                (folder / name).touch()
            folder = folder.parent
    shutil.rmtree(PYTHON, ignore_errors=True)
    fresh.rename(PYTHON)
    print(f"{len(own)} contracts → {PYTHON.relative_to(ROOT)}, {(BUILD / 'descriptors.pb').relative_to(ROOT)}")
    return 0


def _protoc(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], check=True, cwd=ROOT)


def _include_paths() -> list[Path]:
    google_api = Path(import_module("google.api.annotations_pb2").__file__ or "").parents[2]
    well_known = Path(import_module("grpc_tools").__file__ or "").parent / "_proto"
    return [google_api, well_known]


def _validate_descriptors() -> bytes:
    from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

    generated = import_module("protovalidate._gen.buf.validate.validate_pb")
    files = FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.append(FileDescriptorProto.FromString(generated.desc().proto.to_binary()))
    return files.SerializeToString()


if __name__ == "__main__":
    sys.exit(main())
