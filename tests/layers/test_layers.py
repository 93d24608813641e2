"""The layers hold, and the check that says so can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code without its tests, to plant things in."""
    for name in ("services", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_code_keeps_to_its_layers(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "wrong_import", "contract"),
    [
        ("services/ledger/domain/planted.py", "import services.checkout.domain", "No service imports another"),
        ("services/chassis/planted.py", "import services.ledger.domain", "The chassis imports no service"),
        ("services/checkout/usecases/planted.py", "import deploy.local", "Services import nothing of deploy"),
        ("services/checkout/domain/planted.py", "import services.checkout.usecases", "the flow reads downwards"),
        ("services/benefits/usecases/planted.py", "import services.benefits.storage", "the flow reads downwards"),
        ("services/payments/storage/planted.py", "import services.payments.api", "the flow reads downwards"),
    ],
)
def test_a_planted_wrong_import_is_refused(copy: Path, file: str, wrong_import: str, contract: str) -> None:
    (copy / file).write_text(f"{wrong_import}\n")
    result = lint(copy)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if line.rstrip().endswith("BROKEN")]
    assert any(contract in line for line in broken), result.stdout
