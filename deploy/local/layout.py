"""Where a stack keeps its files, below one directory (`var/` of the repository by default)."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.account import Account, open_to_others

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Layout:
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def pids(self) -> Path:
        return self.root / "pids"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def configuration(self) -> Path:
        return self.root / "configuration"

    @property
    def stack_file(self) -> Path:
        return self.root / "stack.json"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def make(self) -> None:
        for directory in (self.data, self.logs, self.pids, self.configuration):
            directory.mkdir(parents=True, exist_ok=True)
        self.secrets.mkdir(mode=0o700, exist_ok=True)

    def forget_logs(self) -> None:
        """Of earlier runs; the supervisor's own is being written already."""
        for path in self.logs.glob("*.log"):
            if path != self.log("supervisor"):
                path.unlink()

    def wipe(self) -> None:
        """Forgets data and secrets."""
        postgres = self.data / "postgres"
        if postgres.is_symlink():
            shutil.rmtree(postgres.resolve(), ignore_errors=True)
            postgres.unlink()
        for directory in (self.data, self.secrets):
            shutil.rmtree(directory, ignore_errors=True)
        self.stack_file.unlink(missing_ok=True)

    def postgres_data(self, account: Account) -> Path:
        """Where the cluster lies. Below a home that is closed to its account: a symlink to the temporary directory."""
        directory = self.data / "postgres"
        if not account.switches or open_to_others(self.data / "any"):
            return directory
        if not directory.is_symlink():
            directory.symlink_to(tempfile.mkdtemp(prefix="bursar-data-"))
        return directory.readlink()
