"""Run in a learner's kernel: their functions go into files, for another process to judge."""

from pathlib import Path
from types import FunctionType
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.explorer.isolation.pickles import dumps_with_code
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.own.passed import is_kits_own


def hand_over(values: dict[str, Any], folder: Path, *pieces: str) -> None:
    """Write what the notebook's names in `pieces` stand for: PIECE.pickle, or PIECE.txt, which says why not."""
    for piece in pieces:
        try:
            (folder / f"{piece}.pickle").write_bytes(_pickled(values[piece]))
        except KeyError:
            pass
        except BadSetting as error:
            (folder / f"{piece}.txt").write_text(f"{piece}: {error}", encoding="utf-8")


def _pickled(value: object) -> bytes:
    if is_kits_own(value):
        raise BadSetting("it's the kit's own")
    return dumps_with_code(Piece(value) if isinstance(value, FunctionType) else value)
