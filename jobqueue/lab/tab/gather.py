"""Put the tab's page into one folder that any static file server can serve. npm and pip fetch what it's made of."""

import asyncio
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import redis

from jobqueue import Sandbox
from jobqueue.errors import BadSetting
from jobqueue.lab import check
from jobqueue.lab.check.checker import Checker
from jobqueue.printable import escape_html

HERE = Path(__file__).parent

#: The Python of Pyodide 314, for which pip picks wheels.
PYTHON = ("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314", "--abi", "none")
PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--platform", "any", "--only-binary", ":all:")

#: Packages that Python needs in the tab, besides the kit.
WHEELS = ("msgspec==0.23.*", f"redis=={redis.__version__}", "cloudpickle==3.1.*")

#: What the kit's wheel is built from.
SOURCES = ("jobqueue", "notebooks", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")

#: The lessons that one can run in the tab.
LESSONS = (
    "00-start-here",
    "01-streams",
    "02-consumer-groups",
    "03-reaper",
    "04-acknowledgement",
    "07-priority-and-aging",
    "12-prove-it",
)

#: The same in words, for pages. A test holds the other texts to it.
LESSONS_IN_WORDS = "00 to 04, 07 and 12"

PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")

#: How our Redis is bundled: node.mjs stands in for what a browser doesn't have, and the clock is ours.
REDIS = ("--define:Date.now=redisNow", "--inject:./node.mjs")
STAND_INS = tuple(
    f"--alias:{name}=./node.mjs"
    for name in ("crypto", "net", "stream", "node:crypto", "node:module", "node:net", "node:stream")
)


def gather(root: Path, out: Path) -> None:
    """Write the page of the checkout at `root` into the folder `out`. Raises BadSetting if npm or pip fails."""
    out.mkdir(parents=True)
    modules = out / ".build"
    install(modules)
    bundle(modules, "redis.mjs", out / "redis.js", *REDIS, *STAND_INS)
    bundle(modules, "editor.mjs", out / "editor.js")
    shutil.copy(modules / "node_modules/lua-redis-wasm/dist/redis_lua.wasm", out)
    for name in PYODIDE:
        shutil.copy(modules / "node_modules/pyodide" / name, out)
    _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", out, *PYTHON, *PLATFORM, *WHEELS])
    _build_wheel(root, modules / "kit", out)
    shutil.copytree(HERE / "static", out, dirs_exist_ok=True)
    _run(["node", modules / "compile.mjs", out, HERE / "shims"])
    shutil.rmtree(modules)
    for name in LESSONS:
        cells = lesson_cells(root / f"notebooks/{name}.ipynb")
        (out / f"lesson-{name[:2]}.json").write_text(json.dumps(cells), encoding="utf-8")
    wheels = sorted(path.name for path in out.glob("*.whl"))
    facts = {"wheels": wheels, "pieces": _pieces(), "lessons": [name[:2] for name in LESSONS]}
    (out / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    _list_files(out)


def _build_wheel(root: Path, copy: Path, out: Path) -> None:
    """Build the kit's wheel from a copy: setuptools works in the folder itself, where another build may be going on."""
    copy.mkdir()
    for name in SOURCES:
        if (root / name).is_dir():
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(root / name, copy)
    _run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, copy])


def lesson_cells(path: Path) -> list[dict[str, str]]:
    """A notebook's cells: {"html": text} or {"code": text}."""
    from markdown_it import MarkdownIt  # not above: it comes with the site's packages

    markdown = MarkdownIt("commonmark").enable("table")
    cells = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cells.append({"code": text})
        else:
            linked = re.sub(r"\]\(([\w-]+)\.(?:ipynb|md)", r"](../notebooks/\1.html", text)
            cells.append({"html": markdown.render(linked)})
    return cells


def _list_files(out: Path) -> None:
    """Tell the service worker all files, and name its cache by their content."""
    files = sorted(path for path in out.iterdir() if path.name != "offline.js")
    content = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    worker = out / "offline.js"
    text = worker.read_text(encoding="utf-8").replace("['FILES']", json.dumps([path.name for path in files]))
    worker.write_text(text.replace("BUILD", content), encoding="utf-8")
    size = sum(path.stat().st_size for path in files) / 2**20
    for page in out.glob("*.html"):
        text = page.read_text(encoding="utf-8").replace("SIZE", f"{size:.0f}").replace("LESSONS", LESSONS_IN_WORDS)
        page.write_text(text.replace("DIFFERENCES", _differences()), encoding="utf-8")


def install(modules: Path) -> None:
    """Install the npm packages into the folder `modules`, with our own sources, and Valkey's table of commands."""
    if not shutil.which("npm"):
        raise BadSetting("the tab's page needs npm (Node.js), which isn't on PATH")
    shutil.copytree(HERE / "redis", modules)
    table = asyncio.run(_command_table())
    (modules / "commands.json").write_text(json.dumps(table), encoding="utf-8")
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", modules])


def bundle(modules: Path, source: str, target: Path, *options: str) -> None:
    """Bundle one of our JavaScript sources, with all that it imports, into the file `target`."""
    fixed = ("--bundle", "--format=esm", "--minify", "--conditions=browser", "--log-level=error")
    esbuild = modules / "node_modules/.bin/esbuild"
    _run([esbuild, source, *fixed, *options, f"--outfile={target.resolve()}"], cwd=modules)


def _differences() -> str:
    """The list of what still differs from a real Redis, as HTML."""
    lines = (HERE / "differences.md").read_text(encoding="utf-8").splitlines()
    words = (re.sub(r"`([^`]+)`", r"<code>\1</code>", escape_html(line.removeprefix("- "))) for line in lines)
    return "".join(f"<li>{line}</li>" for line in words)


async def _command_table() -> Any:
    """The answer of our real server to COMMAND."""
    async with Sandbox() as url, redis.asyncio.Redis.from_url(url, protocol=2) as client:
        client.response_callbacks.clear()
        return _plain(await client.execute_command("COMMAND"))


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.decode() if isinstance(value, bytes) else value


def lessons() -> dict[str, str]:
    """The checker of each lesson that has a piece, by the lesson's name: "03-reaper"."""
    return {piece["lesson"].partition(" ")[0]: piece["checker"] for piece in _pieces()}


def _pieces() -> list[dict[str, str]]:
    """The pieces that one can write in the tab, in the order of the lessons."""
    pieces = []
    for name in check.__all__[1:]:
        checker: Checker = getattr(check, name)
        code = (HERE / "starters" / f"{name}.py").read_text(encoding="utf-8")
        pieces.append({"checker": name, "piece": checker.piece, "lesson": checker.lesson, "code": code})
    return sorted(pieces, key=lambda piece: piece["lesson"])


def _run(command: list[Any], **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        words = f"{done.stderr}{done.stdout}".strip().splitlines()[-3:]
        raise BadSetting(f"the tab's page could not be made: {command[0]} failed: {' '.join(words)}")
