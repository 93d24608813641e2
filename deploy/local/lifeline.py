"""Ties a child process to the life of its parent, so that `kill -9` of the parent leaves nothing behind.

Runs as a script between the parent and the program it shall become: the process keeps its pid. That is done here
and not in a `preexec_fn`, so that a parent with threads (gRPC's, for one) never runs Python between fork and exec.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tied_command(command: list[str], *, stop_signal: signal.Signals, uid: int | None = None, gid: int | None = None) -> list[str]:
    """The command line that becomes `command`, under another account when given.

    On Linux the kernel sends it `stop_signal` when the *thread* that started it ends: start it from one that lives
    as long as it shall.
    """
    account = f"{'' if uid is None else uid}:{'' if gid is None else gid}"
    return [sys.executable, "-I", "-S", __file__, str(int(stop_signal)), account, str(os.getpid()), *command]


def become(stop_signal: int, account: str, parent: int, command: list[str]) -> None:
    uid, gid = account.split(":")
    if uid and gid:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        # After the change of account, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(f"the parent of {command[0]} ended before it began")
    os.execv(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:])
