"""Keys of a learner's own below the machine, such as an outbox: what really stands in Redis there, value by value."""

from jobqueue.lab.pictures.base.markup import Nodes, Values
from jobqueue.lab.pictures.machine.places import OWN, OWN_PITCH, OWN_VALUES, OWN_WIDTH, STUB, WIDTHS, FloorPlan, own_at
from jobqueue.lab.recording.frame import OwnKey, WorldFrame

LETTERS = 11  # of a value that there's room for
NO_KEY = OwnKey("none", 0, [])


def own_values(frame: WorldFrame, plan: FloorPlan) -> Values:
    """The keys, each with its last values, and the panel's place."""
    values: Values = {"own@class": "own" if frame.own else "off"}
    values["own.title"] = "Outside the queue: keys of your own" if frame.own else ""
    keys = [*frame.own.items()][:OWN]
    for i in range(OWN):
        name, key = keys[i] if i < len(keys) else ("", NO_KEY)
        values |= _key(i, name, key)
    for form in WIDTHS:
        values[f"{form}:own@transform"] = f"translate(0 {own_at(form, plan, len(frame.letters)):g})"
    return values


def _key(i: int, name: str, key: OwnKey) -> Values:
    shown = key.values[-OWN_VALUES:]
    before = key.count - len(shown)
    values: Values = {
        f"own{i}@class": "key" if name else "off",
        f"own{i}.name": _cut(name, 16),
        f"own{i}.kind": {"none": "", "string": ""}.get(key.kind, key.kind) + f", {before:,} more before" * (before > 0),
        f"own{i}.empty": "" if shown or not name else "empty",
    }
    for k in range(OWN_VALUES):
        values[f"own{i}.box{k}@class"] = "value" if k < len(shown) else "off"
        values[f"own{i}.value{k}"] = _cut(shown[k], LETTERS) if k < len(shown) else ""
    return values


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def spell_own(frame: WorldFrame) -> str:
    """The keys in words; "" if there are none."""
    keys = (f"{name}: {', '.join(key.values) or 'empty'}" for name, key in frame.own.items())
    return "".join(f". In {key}" for key in keys)


def draw_own(nodes: Nodes) -> str:
    """The panel, with room for all keys and values."""
    parts = [nodes.text("own.title", "", 14, "title")]
    for i in range(OWN):
        parts.append(f'<g {nodes.at(f"own{i}", "class")} transform="translate(0 {26 + OWN_PITCH * i})">')
        parts.append(nodes.text(f"own{i}.name", 0, 12, "name") + nodes.text(f"own{i}.kind", 0, 27, "quiet"))
        parts.append(nodes.text(f"own{i}.empty", STUB, 19, "quiet"))
        for k in range(OWN_VALUES):
            box = f'<rect y="3" width="{OWN_WIDTH - 6}" height="24" rx="4"/>'
            label = nodes.text(f"own{i}.value{k}", (OWN_WIDTH - 6) / 2, 19.5, "mid")
            place = f'transform="translate({STUB + OWN_WIDTH * k} 0)"'
            parts.append(f"<g {nodes.at(f'own{i}.box{k}', 'class')} {place}>{box}{label}</g>")
        parts.append("</g>")
    return f"<g {nodes.at('own', 'class', 'transform')}>{''.join(parts)}</g>"
