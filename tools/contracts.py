"""Lints the contracts with buf, and compares them with those of an earlier commit: nothing on the wire or in JSON may break.

    python tools/contracts.py [--against REVISION]

The revision defaults to the commit before this one, or to none where there is no earlier one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUF = ROOT / "node_modules" / ".bin" / "buf"
IMAGE = "build/descriptors.pb#format=binpb"


def main() -> int:
    """0 if the contracts are clean and compatible."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="HEAD~1", help="the revision to stay compatible with (default: %(default)s)")
    against = parser.parse_args().against
    lint = subprocess.run([BUF, "lint", IMAGE, "--config", "buf.yaml"], cwd=ROOT, check=False)
    if lint.returncode:
        return lint.returncode
    with tempfile.TemporaryDirectory() as folder:
        baseline = _image_of(against, Path(folder))
        if baseline is None:
            print(f"no contracts at {against}: nothing to be compatible with")
            return 0
        return subprocess.run(
            [BUF, "breaking", IMAGE, "--against", f"{baseline}#format=binpb", "--config", "buf.yaml"], cwd=ROOT, check=False
        ).returncode


def _image_of(revision: str, folder: Path) -> Path | None:
    archive = subprocess.run(["git", "archive", revision, "protos", "tools/protos.py"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        return None
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    subprocess.run(
        [sys.executable, folder / "tools" / "protos.py"], check=True, env={**os.environ, "PYTHONPATH": ""}, stdout=subprocess.DEVNULL
    )
    image = folder / "baseline.pb"
    shutil.copy(folder / "build" / "descriptors.pb", image)
    return image


if __name__ == "__main__":
    sys.exit(main())
