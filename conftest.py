"""What every pytest run here needs, `pytest notebooks/one.ipynb` included: isolation, and kernels nbval can trust."""

import atexit
import gc
import itertools
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent


def pytest_configure(config):
    home = tempfile.mkdtemp(prefix="jqt-")  # short: unix sockets live in it, and their paths may not be long
    atexit.register(shutil.rmtree, home, ignore_errors=True)  # a process of pytest-xdist runs no clean-up of pytest's
    isolate(home)
    if config.pluginmanager.has_plugin("nbval"):
        compare_notebooks(config.option)
        kernels_over_ipc(home)
        read_slowly(float(os.environ.get("JOBQUEUE_READ_SECONDS", "0")))


def pytest_collection_finish():
    """Have the garbage collector leave alone what collecting has made: half a million objects, which all stay.

    Looking through them took 0.4 s, each time that an exploration in this process ends.
    """
    gc.freeze()


def pytest_sessionfinish(session):
    """Leave out hypothesis's summary where it has nothing to say. It imports hypothesis, which takes a while."""
    plugins = session.config.pluginmanager
    if plugins.has_plugin("hypothesispytest") and "hypothesis" not in sys.modules and not session.testsfailed:
        plugins.unregister(name="hypothesispytest")


def pytest_xdist_auto_num_workers(config):
    """Run three files at a time, and a single one right here: each process that pytest-xdist starts takes seconds."""
    files = {name.partition("::")[0] for name in config.args}
    alone = len(files) == 1 and os.path.isfile(*files) and config.option.dist == "loadfile"
    return 0 if alone else 3


def isolate(folder):
    """Let no setting of this user's reach a test, and no test reach this user's data."""
    os.environ.pop("JOBQUEUE_REDIS_URL", None)  # tests empty their database: never one that somebody uses
    # Images of containers often set it. Then each kernel and worker compiles all of the kit again as it starts.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        os.environ[name] = os.path.join(folder, name.lower())
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["JOBQUEUE_VOTES"] = "off"  # a test reads no learner's votes, and leaves none
    os.environ.setdefault("JOBQUEUE_HASTE", "8")  # lessons run at eight times a learner's pace


def compare_notebooks(option):
    """Ask nbval for what we want: here and not in `addopts`, which would break `pytest -p no:nbval`, the quick loop."""
    option.nbval = True
    option.nbval_current_env = True  # whatever kernel named python3 this user may have registered
    option.nbval_cell_timeout = 60
    option.nbval_sanitize_with = str(ROOT / "tests" / "nbval_sanitize.cfg")


def kernels_over_ipc(folder):
    """Have nbval talk to its kernels over unix sockets, each in a folder of its own.

    Over TCP a kernel picks free ports now and binds them later; two that start side by side can pick the same ones.
    A relative `ip` makes the client hang for a minute, hence the absolute path. nbval has no option for any of this.
    """
    import nbval.kernel
    from jupyter_client.manager import KernelManager

    number = itertools.count()

    class IPCKernelManager(KernelManager):
        def __init__(self, **traits):
            own = Path(folder, f"k{next(number)}")
            own.mkdir()
            super().__init__(transport="ipc", ip=str(own / "s"), **traits)

    nbval.kernel.KernelManager = IPCKernelManager


def read_slowly(seconds):
    """Have nbval wait before each cell, as a learner does who reads: tests/course/test_slow_reader.py asks for it."""
    import nbval.kernel

    run = nbval.kernel.RunningKernel.execute_cell_input

    def run_later(kernel, *args, **options):
        time.sleep(seconds)
        return run(kernel, *args, **options)

    nbval.kernel.RunningKernel.execute_cell_input = run_later
