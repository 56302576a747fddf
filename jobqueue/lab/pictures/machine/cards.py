"""The machine's cards, one per worker, as values. Pure, so tested as data."""

from jobqueue.lab.pictures.base.language import WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.words import ailing
from jobqueue.lab.pictures.machine.places import CARDS, card_height, held_by
from jobqueue.lab.pictures.machine.scene import Scene
from jobqueue.lab.pictures.machine.words import state
from jobqueue.lab.recording.frame import WorkerRow, WorldFrame

KILL = ("value", "aria-label", "disabled")


def card_values(scene: Scene) -> Values:
    frame = scene.frame
    team = {worker.name: worker for worker in frame.workers}
    workers = [team.get(name) or _stranger(name, frame) for name in scene.cards]
    values: Values = {"nobody": "" if workers else "no worker is hired, and no consumer holds anything"}
    for i in range(CARDS):
        values |= _card(i, workers[i], scene) if i < len(workers) else _no_card(i)
    return values


def _stranger(name: str, frame: WorldFrame) -> WorkerRow:
    """A consumer of the group that's no worker of this world."""
    held = sum(row.worker == name for row in frame.ledger)
    return WorkerRow(name, "stranger", held, done=-1, colour=-1, shape=3)


def _card(i: int, worker: WorkerRow, scene: Scene) -> Values:
    name, over = worker.name, worker.over or worker.state == "stranger"
    shown = sum(token.place.row == held_by(name) for token in scene.tokens.values())
    haunted = worker.state == "dead" and worker.running
    faults = ailing(worker, room=24)
    facts = [f"pid {worker.pid}"] * bool(worker.pid)
    facts += [f"done {worker.done:,}"] * (worker.done >= 0 and scene.frame.accepted > 0 and not worker.program)
    return {
        f"card{i}@class": f"card {worker.state}{' haunted' * bool(haunted)}",
        f"card{i}.name": name,
        f"card{i}.facts": "" if faults else " · ".join(facts),
        f"card{i}.faults": faults,
        f"card{i}.state": state(worker, scene.frame),
        f"card{i}.more": f"+{worker.running - shown:,}" if worker.running > shown else "",
        f"card{i}.shape@d": WORKER_SHAPES[worker.shape % len(WORKER_SHAPES)],
        f"card{i}.shape@class": worker_class(worker),
        f"card{i}.box@height": str(card_height(scene.plan.lines) - 1),
        f"button{i}@class": "off" if worker.state == "stranger" else "button",
        f"kill{i}@value": name,
        f"kill{i}@aria-label": f"kill -9 {name}" + (" (it is dead)" if over else ""),
        f"kill{i}@disabled": "" if over else None,
    }


def _no_card(i: int) -> Values:
    empty: Values = dict.fromkeys((f"card{i}.{key}" for key in ("name", "facts", "faults", "state", "more")), "")
    empty |= {f"card{i}@class": "off", f"card{i}.shape@d": "", f"card{i}.shape@class": "", f"card{i}.box@height": "0"}
    return empty | {f"button{i}@class": "off"} | dict.fromkeys((f"kill{i}@{key}" for key in KILL), "")


def worker_class(worker: WorkerRow) -> str:
    """A worker's colour; hollow, if its process has ended."""
    colour = f"w{worker.colour % len(WORKER_COLOURS)}" if worker.colour >= 0 else "stranger"
    return colour + " hollow" * (worker.over)
