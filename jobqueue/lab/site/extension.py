"""The part of the build that runs inside Sphinx: links to other files of the checkout lead to the repository."""

import posixpath
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

from jobqueue.lab.course.shelf import CHECKOUT
from jobqueue.lab.site.addresses import Addresses


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_config_value("jobqueue_repository", "", "env")
    app.connect("doctree-read", link_to_repository)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def link_to_repository(app: Sphinx, page: nodes.document) -> None:
    """Links to files of the checkout that are no page of the site. Without an address only their words are left."""
    here = posixpath.dirname(app.env.docname)
    for link in list(page.findall(pending_xref)):
        path = posixpath.normpath(posixpath.join(here, link["reftarget"]))
        if link["reftype"] != "myst" or link.get("refdomain") or not (CHECKOUT.parent / path).exists():
            continue
        address = Addresses(app.config.jobqueue_repository).source(path)
        words = [child.deepcopy() for child in link.children]
        link.replace_self(nodes.reference("", "", *words, refuri=address) if address else nodes.inline("", "", *words))
