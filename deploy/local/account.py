"""The account PostgreSQL runs under: our own, or an unprivileged one when we are root, because it refuses root."""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Accounts that own nothing of value, best first. They exist on every distribution in use.
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Numeric ids to switch to; None means: stay who we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def switches(self) -> bool:
        return self.uid is not None

    def own(self, directory: Path) -> None:
        """Makes the directory (mode 0700) and gives it to the account."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.take(directory)

    def take(self, path: Path) -> None:
        """Gives an existing file or directory to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def postgres_account() -> Account:
    """Who runs PostgreSQL. Raises LookupError when root finds no unprivileged account."""
    if os.geteuid() != 0:
        return Account()
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LookupError(f"running as root, and none of the accounts {', '.join(UNPRIVILEGED)} exists for PostgreSQL")


def open_to_others(path: Path) -> bool:
    """True when any account may walk down to the path."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def reachable_installation(binaries: Path, account: Account) -> Path:
    """`binaries`, or a copy of its installation under the temporary directory when the account cannot walk to it.

    Root's home is closed to others, and so is an environment that lies inside it.
    """
    if not account.switches or open_to_others(binaries / "postgres"):
        return binaries
    installation = binaries.parent
    copy = Path(tempfile.gettempdir()) / f"bursar-{installation.name}-{installation.stat().st_mtime_ns}"
    if not copy.is_dir():
        unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}-"))
        shutil.copytree(installation, unfinished, dirs_exist_ok=True, symlinks=True)
        unfinished.chmod(0o755)
        _publish(unfinished, copy)
    if copy.is_symlink() or copy.stat().st_uid != os.geteuid():
        raise PermissionError(f"{copy} was made by somebody else: remove it")
    return copy / binaries.name


def _publish(unfinished: Path, copy: Path) -> None:
    """Renames the finished copy into place; one that another process finished first is as good."""
    try:
        unfinished.rename(copy)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
