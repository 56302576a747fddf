"""A kernel with limits: `python -m jobqueue.lab.grade.confined BYTES -f FILE` sets them and becomes ipykernel."""

import contextlib
import ctypes
import os
import resource
import signal
import sys

#: No file may grow larger, in bytes.
LARGEST_FILE = 500_000_000

PR_SET_PDEATHSIG = 1


def main(memory: int, words: list[str]) -> None:
    """Each process of the notebook may address `memory` bytes. macOS doesn't hold it to that."""
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: LARGEST_FILE, resource.RLIMIT_AS: memory}
    for kind, most in limits.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *words])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
