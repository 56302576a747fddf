"""`jobqueue site`: build the site from a checkout, by Sphinx, offline. A warning is a failure, as in CI."""

import io
import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.lab.course.shelf import CHECKOUT
from jobqueue.lab.site.addresses import Addresses, read_addresses, set_repository
from jobqueue.lab.site.stage import ORIGINALS, stage_course
from jobqueue.lab.tab.gather import gather, lessons
from jobqueue.printable import printable

NEEDED = ("sphinx", "myst_nb", "sphinx_book_theme", "plotly", "anywidget")

#: In each folder that a build has written, so that another build may replace it.
MARK = ".jobqueue-site"

ROOT = CHECKOUT.parent

#: In the stage, what goes into the site as it is.
EXTRA = "extra"


def build_site(out: Path | None, repository: str | None, tab: bool = False) -> int:
    """Carry out the command; with `tab`, npm and pip fetch what is needed. Returns 1 if Sphinx warned of something."""
    if not (ROOT / "pyproject.toml").is_file():
        raise BadSetting("the site is built from a checkout, and this kit was installed from a wheel")
    if repository is not None:
        addresses = set_repository(ROOT, repository)
        print(f"pyproject.toml and README.md name {addresses.repository} and {addresses.site}")
    elif out is None:
        raise BadSetting("name a folder to build in, or --repository URL")
    if out is None:
        return 0
    if any(find_spec(package) is None for package in NEEDED):
        raise BadSetting("the site needs Sphinx and its theme; in the checkout: pip install -e '.[site]'")
    warnings = _build(_prepare(out), read_addresses(ROOT), tab)
    if tab:
        gather(ROOT, out / "tab")
    sys.stderr.write(warnings)
    print(printable(f"The site is in {out}: open index.html there"))
    return 1 if warnings else 0


def _prepare(out: Path) -> Path:
    """Make an empty folder of `out`. Raises BadSetting if something else is in it."""
    if out.exists() and any(out.iterdir()):
        if not (out / MARK).exists():
            raise BadSetting(f"{out} isn't empty, and no site was built there before")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()
    return out


def _build(out: Path, addresses: Addresses, tab: bool) -> str:
    """Returns the warnings of the build."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    from jobqueue.lab.site.arcade import write_games
    from jobqueue.lab.site.front import write_front
    from jobqueue.lab.site.scripts import write_scripts

    log = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="jobqueue-site-") as folder:
        stage = Path(folder, "stage")
        stage_course(ROOT, stage, addresses, lessons() if tab else {})
        write_front(ROOT, stage, addresses, tab)
        write_games(stage / EXTRA / "play", stage, addresses)
        write_scripts(stage / "_static")
        with patch_docutils(), docutils_namespace():
            kept, options = Path(folder, "doctrees"), _settings(addresses)
            app = Sphinx(
                stage, None, out, kept, "html", options, None, log, freshenv=True, parallel=os.cpu_count() or 1
            )
            app.build()
    return log.getvalue()


def _settings(addresses: Addresses) -> dict[str, Any]:
    return {
        "project": "A job queue, by breaking one",
        "html_title": "A job queue, by breaking one",
        "author": "the jobqueue-kit authors",
        "copyright": "the jobqueue-kit authors. Code MIT, prose CC BY 4.0",
        "extensions": ["myst_nb", "jobqueue.lab.site.extension"],
        "exclude_patterns": [EXTRA, ORIGINALS],
        "html_extra_path": [EXTRA],
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {
            "navbar_persistent": [],
            "show_toc_level": 2,
            "use_download_button": False,
            "use_fullscreen_button": False,
        },
        "html_context": {"default_mode": "auto"},
        "html_favicon": str(Path(__file__).with_name("static") / "favicon.svg"),
        "html_baseurl": addresses.site,
        "html_static_path": ["_static"],
        "html_css_files": ["site.css"],
        "html_js_files": [("site.js", {"defer": "defer"})],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_use_index": False,
        "jobqueue_repository": addresses.repository,
        "myst_enable_extensions": ["attrs_block"],
        "myst_heading_anchors": 4,
        "myst_heading_slug_func": "jobqueue.lab.site.slugs.slug",
        "nb_execution_mode": "off",
        "nb_ipywidgets_js": {},
        "nb_merge_streams": True,
        "nitpicky": True,
        "suppress_warnings": ["myst.header"],  # a lesson's story is a third-level heading, right below its title
    }
