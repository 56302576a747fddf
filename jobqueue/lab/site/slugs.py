"""The anchors of headings: GitHub's, but a failure's id is the whole anchor of its heading, as failures.md#f20."""

import re


def slug(heading: str) -> str:
    """The anchor that Markdown links name a heading by."""
    if failure := re.match(r"F\d\d(?= · )", heading):
        return failure[0].lower()
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
