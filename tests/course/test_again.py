"""A learner runs cells twice, or interrupts one and runs it again. No lesson stops them with an error."""

import time
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory

import nbformat
import pytest
from jupyter_client.manager import KernelManager

LESSONS = sorted(Path(__file__).parents[2].glob("notebooks/[01]?-*.ipynb"))

#: Seconds after which a cell is interrupted, and in which it must end when it's run again.
SOON, PATIENCE = 0.3, 150


class Kernel:
    """A lesson's kernel. `run` returns the errors of a cell in a line each."""

    def __init__(self, folder):
        self.manager = KernelManager(transport="ipc", ip=f"{folder}/s")
        self.manager.start_kernel(cwd=str(LESSONS[0].parent))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(60)

    def run(self, source, interrupt_after=None):
        request, began, errors = self.client.execute(source, stop_on_error=False), time.monotonic(), []
        while True:
            message = self._next(request)
            if message and message["msg_type"] == "error":
                errors.append(f"{message['content']['ename']}: {message['content']['evalue']}")
            if message and message["content"].get("execution_state") == "idle":
                return errors
            if interrupt_after is not None and time.monotonic() - began > interrupt_after:
                self.manager.interrupt_kernel()
                interrupt_after = None
            assert time.monotonic() - began < PATIENCE, f"{source}\ndoesn't end"

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def _next(self, request):
        try:
            message = self.client.get_iopub_msg(timeout=0.05)
        except Empty:
            return None
        return message if message["parent_header"].get("msg_id") == request else None


@pytest.fixture
def kernel():
    with TemporaryDirectory(prefix="jqk-") as folder:
        kernel = Kernel(folder)
        yield kernel
        kernel.stop()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("interrupt_after", [None, SOON], ids=["twice", "interrupted"])
def test_every_cell_can_be_run_again(kernel, path, interrupt_after):
    wrong = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "world.close(" not in cell.source:
            before = kernel.run(cell.source, interrupt_after)
            assert not before or interrupt_after, before
            wrong += [(cell.source.splitlines()[0], error) for error in kernel.run(cell.source)]
    assert wrong == []
