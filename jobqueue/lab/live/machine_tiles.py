"""The machine's tokens as markup: for a still each one whole, for the page a mould that it copies."""

from html import escape

from jobqueue.lab.live.language import TIER_SHAPES
from jobqueue.lab.live.machine_places import rows
from jobqueue.lab.live.machine_scene import Scene
from jobqueue.lab.live.machine_tokens import Token
from jobqueue.lab.live.machine_values import worker_class
from jobqueue.lab.live.machine_words import about

TILE = '<rect class="tile" x="-11" y="-11" width="22" height="22" rx="5"/>'
HATCH = '<rect class="hatch" x="-11" y="-11" width="22" height="22" rx="5" fill="url(#{}hatch)"/>'
CLOCK = '<circle class="track" r="15.5"/><circle class="clock" r="15.5" pathLength="100" transform="rotate(-90)"{}/>'
EAR = '<path class="ear" d="M1-11H-6A5 5 0 0 0-11-6V1Z"/>'  # a dog-eared ticket has been in somebody's hands
ATTEMPT = '<text class="attempt" x="5.5" y="4.5">{}</text>'


def mould(uid: str) -> str:
    """A token with everything that one may have; its class says what of that is seen."""
    glyphs = "".join(f'<path class="glyph {tier}" d="{d}"/>' for tier, d in TIER_SHAPES.items())
    return f'<g class="token">{CLOCK.format("")}{TILE}{HATCH.format(uid)}{glyphs}{ATTEMPT.format("")}{EAR}</g>'


def tiles(scene: Scene, form: str, uid: str) -> str:
    """All tokens of a scene, each where it is."""
    slots = rows(form, scene.cards, scene.lines)
    team = {worker["name"]: worker_class(worker) for worker in scene.frame["workers"]}
    found = []
    for job, token in scene.tokens.items():
        x, y = slots[token.place.row].at(token.place.index)
        css, inside = f"{token.look} {team.get(token.worker, '')}".strip(), _tile(token, scene, uid)
        title = f"<title>{escape(about(job, token))}</title>"
        found.append(f'<g class="{css}" transform="translate({x:g} {y:g})">{title}{inside}</g>')
    return "".join(found)


def _tile(token: Token, scene: Scene, uid: str) -> str:
    clock = CLOCK.format(f' stroke-dasharray="{part_of_lease(token, scene)} 100"') if token.idle >= 0 else ""
    hatch = HATCH.format(uid) if token.orphan else ""
    glyph = f'<path class="glyph {token.tier}" d="{TIER_SHAPES.get(token.tier, "")}"/>'
    attempt = ATTEMPT.format(token.attempt) if token.attempt > 1 else ""
    return clock + TILE + hatch + glyph + attempt + (EAR if token.reaped else "")


def part_of_lease(token: Token, scene: Scene) -> int:
    """How much of its lease a pending entry has used up, in percent."""
    return min(100, round(100 * token.idle / scene.frame["lease"])) if scene.frame["lease"] else 0
