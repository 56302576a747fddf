"""Where the repository and its site are: [project.urls] in pyproject.toml, and every link and badge made from them.

A copy of the course that names no repository has no addresses. Then each place says so, and links nowhere.
"""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec

from jobqueue.errors import BadSetting

#: The README's lines between these are written by `set_repository`.
BADGES = re.compile(r"(?<=<!-- doors -->\n).*?(?=<!-- /doors -->)", re.S)

UNSET = "*Binder and the site: no address is set yet. `jobqueue site --repository URL` sets both.*\n"

_GITHUB = re.compile(r"https://github\.com/([\w-]+)/([\w.-]+?)(?:\.git)?/?")


class Addresses(msgspec.Struct, frozen=True):
    """The addresses of a repository; all are "" as long as `repository` is."""

    repository: str = ""
    site: str = ""

    def source(self, path: str) -> str:
        """The page of a file or folder of the repository."""
        return self.repository and f"{self.repository}/blob/HEAD/{quote(path)}"

    def binder(self, path: str = "") -> str:
        """The address at which Binder opens a notebook, or the course as `jobqueue lab` opens it."""
        place = f"?urlpath={quote(f'lab/tree/{path}', safe='')}" if path else ""
        return self.repository and self.repository.replace("https://github.com", "https://mybinder.org/v2/gh", 1) + (
            f"/HEAD{place}"
        )

    def badges(self) -> str:
        """The README's lines on where the course opens."""
        if not self.repository:
            return UNSET
        binder = f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({self.binder()})"
        return f"{binder}\n[![Read it online](https://img.shields.io/badge/read-online-0072b2)]({self.site})\n"


def read_addresses(root: Path) -> Addresses:
    """The addresses in the checkout's pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls = project.get("urls", {})
    return Addresses(urls.get("Repository", ""), urls.get("Documentation", ""))


def set_repository(root: Path, url: str) -> Addresses:
    """Write the repository's address, and the site's on GitHub Pages, into pyproject.toml and the README.

    Raises BadSetting for an address that isn't a GitHub repository's.
    """
    match = _GITHUB.fullmatch(url)
    if not match:
        raise BadSetting(f"say https://github.com/OWNER/NAME, not {url!r}")
    owner, name = match.groups()
    pages = f"https://{owner.lower()}.github.io/"
    site = pages if pages == f"https://{name}/" else f"{pages}{name}/"
    addresses = Addresses(f"https://github.com/{owner}/{name}", site)
    _change(root / "pyproject.toml", lambda text: _with_urls(text, addresses))
    _change(root / "README.md", lambda text: BADGES.sub(lambda _: addresses.badges(), text))
    return addresses


def _with_urls(text: str, addresses: Addresses) -> str:
    table = f'[project.urls]\nRepository = "{addresses.repository}"\nDocumentation = "{addresses.site}"\n'
    if "[project.urls]" in text:
        return re.sub(r"\[project\.urls\]\n(?:[^\[\n].*\n)*", lambda _: table, text)
    return text.replace("[project.optional-dependencies]", f"{table}\n[project.optional-dependencies]", 1)


def _change(path: Path, rewrite: Callable[[str], str]) -> None:
    path.write_text(rewrite(path.read_text(encoding="utf-8")), encoding="utf-8")
