"""A kernel that runs a learner's cells under limits. What they print goes nowhere: no one listens."""

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from jobqueue.lab.grade.strays import descendants, end_descendants, held_still, memory, signal_group

#: Bytes that all processes of a notebook may hold together, and address each.
MEMORY, ADDRESSES = 2 * 10**9, 8 * 10**9

#: Processes that a notebook may have at once. A lesson has about 20.
PROCESSES = 150

#: Characters of an error that are kept.
LONGEST = 200

#: Seconds between two looks at the limits.
LOOK = 0.3

COMMAND = [sys.executable, "-P", "-m", "jobqueue.lab.grade.confined", str(ADDRESSES), "-f", "{connection_file}"]


class KernelEnded(Exception):
    """Raised if the kernel can't go on. `args[0]` says why."""


class ConfinedManager(KernelManager):
    """Starts a kernel that has limits, whatever kernels the user has installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=COMMAND, display_name="confined", language="python")


class ConfinedKernel:
    """A kernel in the folder `home`, whose sockets and temporary files are in `own`. It ends at `deadline`."""

    def __init__(self, home: Path, own: Path, deadline: float):
        self.deadline = deadline
        self.manager = ConfinedManager(transport="ipc", ip=str(own / "k"))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.manager.start_kernel(cwd=str(home), env=environment(own), **quiet)
        started: Any = self.manager.provisioner
        self._group: int = started.pgid  # its own: jupyter_client starts a session
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        self._answer(self.client.kernel_info(), self.deadline)

    def run(self, source: str, seconds: float) -> str:
        """Run a cell. Returns the error that it ended with, in one line, or "". Raises KernelEnded."""
        request = self.client.execute(source, allow_stdin=False, stop_on_error=False)
        content = self._answer(request, min(time.monotonic() + seconds, self.deadline))
        if content["status"] != "error":
            return ""
        return f"{content['ename']}: {content['evalue']}".strip().partition("\n")[0][:LONGEST]

    def stop(self) -> None:
        """Kill it, and all that it has started."""
        signal_group(self._group, signal.SIGKILL)
        self.client.stop_channels()
        end_descendants()
        self.manager.shutdown_kernel(now=True)

    def _answer(self, request: str, until: float) -> dict[str, Any]:
        """The answer to a request. Raises KernelEnded if there's none, or if a limit is passed meanwhile."""
        began, look = time.monotonic(), time.monotonic() + LOOK
        while (now := time.monotonic()) < until:
            try:
                message = self.client.get_shell_msg(timeout=LOOK / 3)
                if message["parent_header"].get("msg_id") == request:
                    return message["content"]
            except queue.Empty:
                pass
            if now > look:
                look = now + LOOK
                for excess in self._excesses():
                    raise KernelEnded(excess)
        raise KernelEnded(f"it took longer than {until - began:.0f} s")

    def _excesses(self) -> Iterator[str]:
        if not self.manager.is_alive():
            yield "it ended the kernel"
        with held_still(self._group):
            processes = descendants()
            held = memory(processes)
        if len(processes) > PROCESSES:
            yield f"it had more than {PROCESSES} processes"
        if held > MEMORY:
            yield f"it took more than {MEMORY / 10**9:.0f} GB of memory"


def environment(own: Path) -> dict[str, str]:
    """Return the environment of the kernel: none of the user's settings, no workshop, and experiments in haste."""
    names = ("TMPDIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JOBQUEUE_")}
    server = {"JOBQUEUE_SERVER": os.environ["JOBQUEUE_SERVER"]} if "JOBQUEUE_SERVER" in os.environ else {}
    haste = os.environ.get("JOBQUEUE_HASTE", "8")
    return {**kept, **server, **dict.fromkeys(names, str(own)), "JOBQUEUE_VOTES": "off", "JOBQUEUE_HASTE": haste}
