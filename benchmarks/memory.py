"""How much memory, and how much of a core, the course takes at its fullest, as on Binder: 1 GB, and one core.

    pip install -e '.[bench]'             # once
    python benchmarks/memory.py           # half a minute

JupyterLab is started as `jobqueue lab` starts it. In one notebook's kernel, which has imported all that lessons
import, a world is opened with three workers, and its picture watched. Everything below JupyterLab is then counted.
PSS counts a page that several processes share once, by parts: its sum is what they take together. On macOS, which has
no PSS, RSS is summed, which is more. The browser is not counted: on Binder it runs on the learner's own machine.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

from needs import need

need("psutil", "jupyterlab", "pandas", "plotly")

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from rich.console import Console
from rich.table import Table

from jobqueue.lab.course.shelf import course, lay_out
from jobqueue.server.leash import Leashed

#: Seconds over which the use of the core is measured.
WATCHED = 10.0

#: Megabytes that Binder guarantees.
GUARANTEED = 1000

#: The first lesson, in cells: its imports, a world, jobs for longer than we look, its picture, and three workers.
LESSON = (
    "import pandas, plotly.graph_objects",
    "from jobqueue.lab.world import open_world\nworld = await open_world(lease=12)",
    "await world.enqueue_library(seconds=60)",
    "display(world.watch())",
    "world.hire(3)\nawait world.until_done(part=0.1)",
)

START = "from sys import argv\nfrom jobqueue.lab.course.launch import launch\n"
START += "launch(folder=argv[1], extra_args=argv[2:])"


@contextlib.contextmanager
def jupyterlab(folder: Path, user: Path, *options: str) -> Iterator[tuple[psutil.Process, dict]]:
    """A JupyterLab on a copy of the course in `folder`, with a `user`'s settings: its process, and how to reach it."""
    lay_out(folder / "notebooks", course())
    runtime = user / "runtime"
    own = {"JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(user / "config"), "IPYTHONDIR": str(user)}
    command = [sys.executable, "-c", START, str(folder / "notebooks"), "--no-browser", *options]
    with (folder / "lab.log").open("wb") as log:
        process = Leashed(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        said = runtime / f"jpserver-{process.pid}.json"
        while not answers(said):
            if process.poll() is not None:
                raise SystemExit((folder / "lab.log").read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield psutil.Process(process.pid), json.loads(said.read_text(encoding="utf-8"))
    finally:
        process.terminate()
        process.wait()


def answers(said: Path) -> bool:
    """Whether the server that wrote this file about itself answers: it writes it just before it does."""
    with contextlib.suppress(OSError, ValueError):
        server = json.loads(said.read_text(encoding="utf-8"))
        return urlopen(f"{server['url']}api").status == 200
    return False


@contextlib.contextmanager
def kernel(server: dict, user: Path) -> Iterator[BlockingKernelClient]:
    """The kernel of the first lesson, begun as by a click on its notebook; at the end its world is closed."""
    asked = {"path": "00-start-here.ipynb", "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    headers = {"Authorization": f"token {server['token']}", "Content-Type": "application/json"}
    with urlopen(Request(f"{server['url']}api/sessions", json.dumps(asked).encode(), headers)) as answer:
        kernel_id = json.load(answer)["kernel"]["id"]
    client = ready(str(user / "runtime" / f"kernel-{kernel_id}.json"))
    try:
        yield client
    finally:
        client.execute_interactive("await world.close()", timeout=60, output_hook=lambda message: None)
        client.stop_channels()


def ready(connection_file: str, patience: float = 60.0) -> BlockingKernelClient:
    """A client of the kernel, as soon as that answers. On a busy machine it may be slow, or be begun anew elsewhere."""
    deadline = time.monotonic() + patience
    while True:
        client = BlockingKernelClient(connection_file=connection_file)
        client.load_connection_file()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=patience)
            return client
        except RuntimeError:
            client.stop_channels()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def run(client: BlockingKernelClient, cell: str) -> str:
    """Run a cell to its end; returns what it printed."""
    said: list[str] = []
    reply = client.execute_interactive(
        cell, timeout=300, output_hook=lambda message: said.append(message["content"].get("text", ""))
    )["content"]
    if reply["status"] != "ok":
        raise SystemExit("\n".join(reply["traceback"]))
    return "".join(said)


def kind(process: psutil.Process, lab: psutil.Process) -> str:
    """What a process is, in words."""
    line = " ".join(process.cmdline())
    kinds = {"ipykernel": "the kernel", "server": "Redis", "lab.fleet.process": "a worker", "/bin/sh": "a watchdog"}
    return "JupyterLab" if process == lab else next((name for part, name in kinds.items() if part in line), "a proxy")


def megabytes(process: psutil.Process) -> float:
    """What a process takes of the memory: its PSS, or its RSS where there is none."""
    used = process.memory_full_info()
    return getattr(used, "pss", used.rss) / 1e6


def measure(lab: psutil.Process) -> tuple[dict[str, list[float]], float]:
    """Megabytes of each process by what it is; and how many cores they keep busy together."""
    found = defaultdict(list)
    for process in (everyone := [lab, *lab.children(recursive=True)]):
        with contextlib.suppress(psutil.NoSuchProcess):
            found[kind(process, lab)].append(megabytes(process))
    began, before = time.monotonic(), sum(map(seconds, everyone))
    time.sleep(WATCHED)
    return found, (sum(map(seconds, everyone)) - before) / (time.monotonic() - began)


def seconds(process: psutil.Process) -> float:
    """Of a core, that a process has used."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return sum(process.cpu_times()[:2])
    return 0.0


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="jqm-") as name,
        jupyterlab(folder := Path(name), folder) as (lab, server),
        kernel(server, folder) as client,
    ):
        for cell in LESSON:
            run(client, cell)
        found, cores = measure(lab)
    table = Table("process", "how many", "MB together", title="The first lesson, three workers at work")
    for what, each in sorted(found.items(), key=lambda item: -sum(item[1])):
        table.add_row(what, str(len(each)), f"{sum(each):.0f}")
    total = sum(map(sum, found.values()))
    Console().print(table)
    print(f"together {total:.0f} MB of {GUARANTEED}, and {cores:.2f} of a core")
    return 0 if total < GUARANTEED else 1


if __name__ == "__main__":
    sys.exit(main())
