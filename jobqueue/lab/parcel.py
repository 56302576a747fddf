"""What a learner writes in a cell, on its way to the workers: functions in files, by cloudpickle.

The files are in the world's own folder, which nobody else can write to. What comes out of Redis is only their names.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.runner import is_async

#: Tried on a policy before it is sent to anybody.
HEADS = ({"high": 0.0, "normal": 1.0, "low": 60.0}, {"low": 2.0})


def pack(thing: Any, what: str, path: Path) -> None:
    """Write it to a file. Raises BadSetting that names `what` it is, if it cannot be written."""
    try:
        from jobqueue.lab import pickles
    except ModuleNotFoundError:
        raise BadSetting(f"{what}: functions are sent with cloudpickle: pip install 'jobqueue-kit[lab]'") from None
    try:
        packed = pickles.dumps(thing)
    except Exception as error:  # whatever somebody's __reduce__ raises
        raise BadSetting(
            f"{what} cannot be sent to another process: {error}; have it make or import inside itself what it needs"
        ) from None
    path.write_bytes(packed)


def unpack(path: Path) -> Any:
    return pickle.loads(path.read_bytes())


def check_handlers(handlers: Any) -> None:
    """Raise BadSetting unless it is a dict of functions, a task's name each."""
    if not isinstance(handlers, dict) or not all(isinstance(task, str) and task for task in handlers):
        raise BadSetting(f"handlers must be a dict, a function for each task's name, not {handlers!r}")
    for task, handler in handlers.items():
        if not callable(handler):
            raise BadSetting(f"the handler of {task!r} must be a function, not {handler!r}")


def check_policy(pick: Any) -> None:
    """Raise BadSetting unless it picks a tier out of those it is given."""
    if not callable(pick) or is_async(pick):
        raise BadSetting(f"a policy is a plain function pick(heads) that returns a tier, not {pick!r}")
    for heads in HEADS:
        try:
            tier = pick(dict(heads))
        except Exception as error:  # it is a learner's own
            raise BadSetting(f"the policy, tried on {heads}, raised {type(error).__name__}: {error}") from error
        if tier not in heads:
            raise BadSetting(f"the policy, tried on {heads}, picked {tier!r}: it must be one of {', '.join(heads)}")


class Taught:
    """The policies in a folder, as a Worker's `policies`: each is read when it is first followed.

    So a worker that was frozen while it was taught knows it as well when it wakes.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    @staticmethod
    def file(folder: Path, name: str) -> Path:
        return folder / f"{name}.policy"

    def get(self, name: str) -> Callable | None:
        """None if none was taught by this name. Raises BadSetting if it cannot be read here."""
        path = self.file(self.folder, name)
        if path.parent != self.folder or not path.is_file():
            return None
        try:
            return unpack(path)
        except Exception as error:
            raise BadSetting(f"{name} cannot be read here: {type(error).__name__}: {error}") from error
