"""Pages on paper: what a browser does with a live picture, without one."""

import json
from xml.etree import ElementTree

from jobqueue.lab.pictures.base.feed import Feed

SVG = "{http://www.w3.org/2000/svg}"


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Page:
    """A page on paper: it asks for a picture ten times per second, and does what messages say."""

    def __init__(self, kind):
        self.clock, self.values, self.points, self.sizes = Clock(), {}, [], []
        self.feed = Feed(kind(), self.clock)
        self.read(self.feed.hear({"hello": True}))

    def read(self, message):
        message = json.loads(json.dumps(message))
        if message is None:
            return
        if "points" in message:
            self.values, self.points = {}, message["points"]
        for key, value in message["values"].items():
            if value is None and ":" in key:  # a token that's gone
                self.values.pop(key, None)
            else:
                self.values[key] = value
        self.points += [message["point"]] if "point" in message else []
        self.sizes.append(len(json.dumps(message)))

    def follow(self, frames):
        for each in frames:
            self.clock.now += 0.1
            self.read(self.feed.push(each))
            self.feed.hear({"seen": True})


def view_of(kind, frames):
    view = kind()
    for each in frames:
        view.take(each)
    return view


def texts(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text") if node.text and node.text.strip()]
