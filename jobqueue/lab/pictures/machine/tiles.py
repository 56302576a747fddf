"""The machine's tokens as markup: each one for a still picture, or one mould that the page copies."""

from jobqueue.lab.pictures.base.language import TIER_SHAPES
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.machine.cards import worker_class
from jobqueue.lab.pictures.machine.places import rows
from jobqueue.lab.pictures.machine.scene import Scene
from jobqueue.lab.pictures.machine.tokens import Token
from jobqueue.lab.pictures.machine.words import about
from jobqueue.printable import escape_html as escape

TILE = '<rect class="tile" x="-11" y="-11" width="22" height="22" rx="5"/>'
HATCH = '<rect class="hatch" x="-11" y="-11" width="22" height="22" rx="5" fill="url(#{}hatch)"/>'
RING = 'x="-14.8" y="-14.8" width="29.6" height="29.6" rx="8.5"'
CLOCK = f'<rect class="track" {RING}/><rect class="clock" {RING} pathLength="100"{{}}/>'
EAR = '<path class="ear" d="M1-11H-6A5 5 0 0 0-11-6V1Z"/>'  # a dog-eared ticket was in a worker's hands before
ATTEMPT = '<text class="attempt" x="5.5" y="4.5">{}</text>'
LABEL = '<text class="code" y="4.5">{}</text>'


def mould(uid: str) -> str:
    """A token with every part that one may have. Its class decides which parts are visible."""
    glyphs = "".join(f'<path class="glyph {tier}" d="{d}"/>' for tier, d in TIER_SHAPES.items())
    texts = LABEL.format("") + ATTEMPT.format("")
    return f'<g class="token">{CLOCK.format("")}{TILE}{HATCH.format(uid)}{glyphs}{texts}{EAR}</g>'


def tiles(scene: Scene, form: str, uid: str, names: EntryNames) -> str:
    """All tokens of a scene, each where it is."""
    slots = rows(form, scene.plan)
    team = {worker.name: worker_class(worker) for worker in scene.frame.workers}
    parts = []
    for job, token in scene.tokens.items():
        x, y = slots[token.place.row].at(token.place.slot)
        css, inside = f"{token.look} {team.get(token.worker, '')}".strip(), _tile(token, scene, uid)
        title = f"<title>{escape(about(job, token, names))}</title>"
        parts.append(f'<g class="{css}" transform="translate({x:g} {y:g})">{title}{inside}</g>')
    return "".join(parts)


def _tile(token: Token, scene: Scene, uid: str) -> str:
    clock = CLOCK.format(f' stroke-dasharray="{part_of_lease(token, scene)} 100"') if token.idle >= 0 else ""
    hatch = HATCH.format(uid) if token.orphan else ""
    glyph = f'<path class="glyph {token.tier}" d="{TIER_SHAPES.get(token.tier, "")}"/>'
    attempt = ATTEMPT.format(token.attempt) if token.attempt > 1 else ""
    label = LABEL.format(escape(token.label)) if token.label else ""
    return clock + TILE + hatch + (label or glyph) + attempt + (EAR if token.reaped else "")


def part_of_lease(token: Token, scene: Scene) -> int:
    """Percent of its lease that a pending entry has used up."""
    return min(100, round(100 * token.idle / scene.frame.lease)) if scene.frame.lease else 0
