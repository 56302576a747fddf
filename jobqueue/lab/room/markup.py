"""The control room's edges as HTML, once. As in the pictures, live.js changes the parts that move."""

from jobqueue.keys import TIERS
from jobqueue.lab.pictures.base.language import TIER_SHAPES
from jobqueue.lab.pictures.base.markup import Nodes, Values
from jobqueue.lab.room.bar import NUMBERS
from jobqueue.lab.room.desk import LEASES, RATES, ROWS
from jobqueue.lab.room.orders import FLEET, NETWORK, PROCESS, QUEUE, REDIS, Order
from jobqueue.printable import escape_html as escape


class Html(Nodes):
    """Nodes as HTML elements."""

    def element(self, tag: str, key: str, *attributes: str) -> str:
        """An element with this key's text."""
        return f"<{tag} {self.at(key, *attributes)}>{escape(self.values[key] or '')}</{tag}>"


def bar(values: Values, pictures: dict[str, str]) -> str:
    """The upper edge, filled with the `values` of a Bar. `pictures` to choose from: their words by name."""
    html = Html(values)
    numbers = "".join(
        f"<div {html.at(f'{name}.box', 'class')}>{html.element('b', name)}<span>{words}</span></div>"
        for name, words in NUMBERS.items()
    )
    shows = "".join(
        f'<button type="button" class="calm" role="radio" aria-checked="{"true" if name == "all" else "false"}" '
        f'data-look="{name}">{words}</button>'
        for name, words in (pictures | {"all": "all"}).items()
    )
    return (
        f'<div class="numbers" role="img" {html.at("picture", "aria-label")}>{numbers}</div><div class="side">'
        f"{html.element('span', 'redis', 'class')}{html.element('span', 'badge')}"
        f'<span class="shows" role="radiogroup" aria-label="pictures">{shows}</span>'
        '<button type="button" class="calm" data-look="dials" title="or press h">hide dials</button>'
        '<button type="button" class="calm" data-look="full" title="or press f">full screen</button></div>'
        f"<p class=equation>{html.element('span', 'equation')} {html.element('b', 'check', 'class')} "
        f"{html.element('i', 'wiped')}</p>"
        f"<p {html.at('news.box', 'class')}>{html.element('time', 'news.t')} "
        f'<span role="status" {html.at("news")}>{escape(values["news"] or "")}</span></p>'
    )


def desk(values: Values, choices: dict[str, list[str]]) -> str:
    """The left edge, filled with the `values` of a Desk, and the `choices` of each dial that's a list."""
    html = Html(values)
    load = "".join(_tier(html, tier, choices) for tier in TIERS)
    load += f"<div class=line>{_list(html, 'arrivals', choices)}{_list(html, 'task', choices)}</div>"
    rows = "".join(_row(html, i) for i in range(ROWS)) + html.element("p", "nobody")
    workers = f'<div class="rows" role="radiogroup" aria-label="workers">{rows}</div>'
    workers += (
        f"<h4>{html.element('span', 'to')}</h4>{_buttons(html, PROCESS)}<h4>its network</h4>{_buttons(html, NETWORK)}"
    )
    lease = (
        f"<label>lease {_range(html, 'lease', len(LEASES), on='change')}{html.element('output', 'lease.words')}</label>"
    )
    queue = f"<div class=line>{lease}<label>policy {_list(html, 'policy', choices)}</label></div>"
    sections = {
        "Load": ("", load),
        "Redis": ("", _buttons(html, REDIS)),
        "Queue": (_buttons(html, QUEUE), queue),
        "Workers": (_buttons(html, FLEET), workers),  # last: its list grows, and moves nothing else
    }
    parts = (
        f"<section aria-label={title}><header><h3>{title}</h3>{buttons}</header>{body}</section>"
        for title, (buttons, body) in sections.items()
    )
    return f'<div class="desk" {html.at("picture", "aria-label")} role="group">{"".join(parts)}</div>'


def _buttons(html: Html, orders: dict[str, Order]) -> str:
    buttons = (
        f'<button type="button" class="{"calm" if order.calm else "fault"}" data-do="{name}" '
        f'title="{escape(_of_it(order.says))}" {html.at(name, "disabled")}>{order.words}</button>'
        for name, order in orders.items()
    )
    return f"<div class=buttons>{''.join(buttons)}</div>"


def _of_it(says: str) -> str:
    """An order's words before a worker is chosen: "its network", and a sentence still begins with a capital."""
    words = says.replace("{worker}'s", "its").format(worker="it")
    return words[:1].upper() + words[1:]


def _tier(html: Html, tier: str, choices: dict[str, list[str]]) -> str:
    glyph = f'<svg viewBox="-7 -7 14 14"><path class="stroke tier-{TIERS.index(tier)}" d="{TIER_SHAPES[tier]}"/></svg>'
    flood = (
        f'<button type="button" class="fault" data-do="flood.{tier}" title="as much as this machine gives" '
        f"{html.at(f'flood.{tier}', 'aria-pressed', 'disabled')}>flood</button>"
    )
    rate = _range(html, f"rate.{tier}", len(RATES), f"{tier}: jobs per second")
    words = html.element("output", f"rate.{tier}.words")
    marks = _list(html, f"marks.{tier}", choices, f"{tier}: watermarks")
    return f"<div class=tier><span class=name>{glyph}{tier}</span>{rate}{words}{marks}{flood}</div>"


def _row(html: Html, i: int) -> str:
    shape = f'<svg viewBox="-7 -7 14 14"><path {html.at(f"row{i}.shape", "d", "class")}/></svg>'
    words = "".join(html.element("span", f"row{i}.{part}") for part in ("name", "state", "faults"))
    attributes = html.at(f"row{i}", "class", "data-value", "aria-checked", "disabled")
    return f'<button type="button" role="radio" data-do="choose" {attributes}>{shape}{words}</button>'


def _range(html: Html, name: str, positions: int, words: str = "", on: str = "input") -> str:
    """A slider. With `on` "input" it reports each position on the way, with "change" only the last one."""
    label = f' aria-label="{words}"' if words else ""
    attributes = html.at(name, "data-value", "disabled", "aria-valuetext")
    return f'<input type="range" min="0" max="{positions - 1}" data-on="{on}" data-do="{name}"{label} {attributes}>'


def _list(html: Html, name: str, choices: dict[str, list[str]], words: str = "") -> str:
    options = "".join(f"<option>{escape(choice)}</option>" for choice in choices[name])
    label = escape(words or name)
    attributes = html.at(name, "data-value", "disabled")
    return f'<select data-do="{name}" aria-label="{label}" title="{label}" {attributes}>{options}</select>'
