"""Say before anything is measured what a benchmark lacks, and not minutes later."""

import sys
from importlib.util import find_spec
from pathlib import Path


def need(*packages: str) -> None:
    """End this program with one line unless all of them are installed."""
    if missing := [package for package in packages if find_spec(package) is None]:
        name = Path(sys.argv[0]).name
        sys.exit(f"{name} needs {', '.join(missing)}; in the checkout: pip install -e '.[bench]'")
