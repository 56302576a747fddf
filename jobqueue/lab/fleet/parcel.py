"""Functions from a learner's cell on their way to the workers: in files, by cloudpickle.

The files are in the world's own folder, and no other user can write to it. Only their names come out of Redis.
"""

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.handler import is_async
from jobqueue.policies import Policy

#: What a policy is tried on before it's sent to the workers.
HEADS = ({"high": 0.0, "normal": 1.0, "low": 60.0}, {"low": 2.0})


def pack(thing: Any, subject: str, path: Path) -> None:
    """Write it to a file. If that's impossible, raises a BadSetting that says `subject` couldn't be sent."""
    try:
        from jobqueue.explorer.isolation import pickles
    except ModuleNotFoundError:
        raise BadSetting(f"{subject}: functions are sent with cloudpickle: pip install 'jobqueue-kit[lab]'") from None
    try:
        packed = pickles.dumps(thing)
    except Exception as error:  # its __reduce__ may raise anything
        raise BadSetting(
            f"{subject} can't be sent to another process: {error}; have it make or import inside itself what it needs"
        ) from None
    path.write_bytes(packed)


def unpack(path: Path) -> Any:
    return pickle.loads(path.read_bytes())


def check_handlers(handlers: Any) -> None:
    """Raise BadSetting unless it's a dict of functions by task name."""
    if not isinstance(handlers, dict) or not all(isinstance(task, str) and task for task in handlers):
        raise BadSetting(f"handlers must be a dict with a function for each task's name, not {handlers!r}")
    for task, handler in handlers.items():
        if not callable(handler):
            raise BadSetting(f"the handler of {task!r} must be a function, not {handler!r}")


def check_policy(pick: Any) -> None:
    """Raise BadSetting unless it's a function that picks one of the tiers that it's given."""
    if not callable(pick) or is_async(pick):
        raise BadSetting(f"a policy is a plain function pick(heads) that returns a tier, not {pick!r}")
    for heads in HEADS:
        try:
            tier = pick(dict(heads))
        except Exception as error:  # it's a learner's own, so it may raise anything
            raise BadSetting(f"the policy, tried on {heads}, raised {type(error).__name__}: {error}") from error
        if tier not in heads:
            raise BadSetting(f"the policy, tried on {heads}, picked {tier!r}: it must be one of {', '.join(heads)}")


class Taught(Mapping[str, Policy]):
    """The policies in a folder, as a Worker's `policies`. Each is read when it's first followed.

    So a worker that was frozen while the policy was taught still knows it when it wakes up.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    @staticmethod
    def file(folder: Path, name: str) -> Path:
        return folder / f"{name}.policy"

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in self.folder.glob("*.policy"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Policy:
        """Return the policy of this name. Raises KeyError if there's none, BadSetting if it can't be read here."""
        path = self.file(self.folder, name)
        if path.parent != self.folder or not path.is_file():
            raise KeyError(name)
        try:
            return unpack(path)
        except Exception as error:
            raise BadSetting(f"{name} can't be read here: {type(error).__name__}: {error}") from error
