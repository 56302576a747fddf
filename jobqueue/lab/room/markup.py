"""The control room's edges as HTML, once; what moves in them is put there by live.js, as in the pictures."""

from html import escape

from jobqueue.keys import TIERS
from jobqueue.lab.live.language import TIER_SHAPES
from jobqueue.lab.live.markup import Nodes
from jobqueue.lab.room.bar import NUMBERS
from jobqueue.lab.room.desk import LEASES, RATES, ROWS
from jobqueue.lab.room.orders import FLEET, NETWORK, PROCESS, REDIS, Order


class Html(Nodes):
    """Nodes as HTML elements."""

    def text(self, tag: str, key: str, *attributes: str) -> str:
        return f"<{tag} {self.at(key, *attributes)}>{escape(self.found[key])}</{tag}>"


def bar(found: dict[str, str | None], pictures: dict[str, str]) -> str:
    """The upper edge, filled with what `Bar.values` says; `pictures` are those to choose from: a name → words."""
    html = Html(found)
    numbers = "".join(
        f"<div {html.at(f'{name}.box', 'class')}>{html.text('b', name)}<span>{words}</span></div>"
        for name, words in NUMBERS.items()
    )
    shows = "".join(
        f'<button type="button" class="calm" role="radio" aria-checked="{"true" if name == "all" else "false"}" '
        f'data-look="{name}">{words}</button>'
        for name, words in (pictures | {"all": "all"}).items()
    )
    return (
        f'<div class="numbers" role="img" {html.at("picture", "aria-label")}>{numbers}</div><div class="side">'
        f"{html.text('span', 'redis', 'class')}{html.text('span', 'badge')}"
        f'<span class="shows" role="radiogroup" aria-label="pictures">{shows}</span>'
        '<button type="button" class="calm" data-look="dials" title="or press h">hide dials</button>'
        '<button type="button" class="calm" data-look="full" title="or press f">full screen</button></div>'
        f"<p class=equation>{html.text('span', 'equation')} {html.text('b', 'check', 'class')} "
        f"{html.text('i', 'wiped')}</p>"
        f"<p {html.at('news.box', 'class')}>{html.text('time', 'news.t')} "
        f'<span role="status" {html.at("news")}>{escape(found["news"])}</span></p>'
    )


def desk(found: dict[str, str | None], choices: dict[str, list[str]]) -> str:
    """The left edge, filled with what `Desk.values` says; `choices` are what the dials that are lists offer."""
    html = Html(found)
    load = "".join(_tier(html, tier, choices) for tier in TIERS)
    load += f"<div class=line>{_list(html, 'arrivals', choices)}{_list(html, 'task', choices)}</div>"
    rows = "".join(_row(html, i) for i in range(ROWS)) + html.text("p", "nobody")
    workers = f'<div class="rows" role="radiogroup" aria-label="workers">{rows}</div>'
    workers += (
        f"<h4>{html.text('span', 'to')}</h4>{_buttons(html, PROCESS)}<h4>its network</h4>{_buttons(html, NETWORK)}"
    )
    lease = f"<label>lease {_range(html, 'lease', len(LEASES), on='change')}{html.text('output', 'lease.said')}</label>"
    queue = f"<div class=line>{lease}<label>policy {_list(html, 'policy', choices)}</label></div>"
    sections = {
        "Load": ("", load),
        "Redis": ("", _buttons(html, REDIS)),
        "Queue": ("", queue),
        "Workers": (_buttons(html, FLEET), workers),  # last: its list grows, and moves nothing else
    }
    parts = (
        f"<section aria-label={title}><header><h3>{title}</h3>{beside}</header>{body}</section>"
        for title, (beside, body) in sections.items()
    )
    return f'<div class="desk" {html.at("picture", "aria-label")} role="group">{"".join(parts)}</div>'


def _buttons(html: Html, orders: dict[str, Order]) -> str:
    found = (
        f'<button type="button" class="{"calm" if order.calm else "fault"}" data-do="{name}" '
        f'title="{escape(_of_it(order.says))}" {html.at(name, "disabled")}>{order.words}</button>'
        for name, order in orders.items()
    )
    return f"<div class=buttons>{''.join(found)}</div>"


def _of_it(says: str) -> str:
    """What an order says, before it is known of whom: "its network", and a sentence still begins with a capital."""
    words = says.replace("{who}'s", "its").format(who="it")
    return words[:1].upper() + words[1:]


def _tier(html: Html, tier: str, choices: dict[str, list[str]]) -> str:
    glyph = f'<svg viewBox="-7 -7 14 14"><path class="stroke tier-{TIERS.index(tier)}" d="{TIER_SHAPES[tier]}"/></svg>'
    flood = (
        f'<button type="button" class="fault" data-do="flood.{tier}" title="as much as this machine gives" '
        f"{html.at(f'flood.{tier}', 'aria-pressed', 'disabled')}>flood</button>"
    )
    rate = _range(html, f"rate.{tier}", len(RATES), f"{tier}: jobs a second")
    said = html.text("output", f"rate.{tier}.said")
    marks = _list(html, f"marks.{tier}", choices, f"{tier}: watermarks")
    return f"<div class=tier><span class=name>{glyph}{tier}</span>{rate}{said}{marks}{flood}</div>"


def _row(html: Html, i: int) -> str:
    shape = f'<svg viewBox="-7 -7 14 14"><path {html.at(f"row{i}.shape", "d", "class")}/></svg>'
    words = "".join(html.text("span", f"row{i}.{part}") for part in ("name", "state", "faults"))
    attributes = html.at(f"row{i}", "class", "data-value", "aria-checked", "disabled")
    return f'<button type="button" role="radio" data-do="choose" {attributes}>{shape}{words}</button>'


def _range(html: Html, name: str, positions: int, words: str = "", on: str = "input") -> str:
    """A slider; `on`: "input" tells each position on the way, "change" the one at which it is let go."""
    label = f' aria-label="{words}"' if words else ""
    attributes = html.at(name, "data-value", "disabled", "aria-valuetext")
    return f'<input type="range" min="0" max="{positions - 1}" data-on="{on}" data-do="{name}"{label} {attributes}>'


def _list(html: Html, name: str, choices: dict[str, list[str]], words: str = "") -> str:
    options = "".join(f"<option>{escape(choice)}</option>" for choice in choices[name])
    label = escape(words or name)
    attributes = html.at(name, "data-value", "disabled")
    return f'<select data-do="{name}" aria-label="{label}" title="{label}" {attributes}>{options}</select>'
