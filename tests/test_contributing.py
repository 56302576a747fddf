"""CONTRIBUTING.md points to what exists, and the commit hooks need nothing from anywhere."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def test_what_it_points_to_exists():
    named = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    named += re.findall(r"(?<![\w/])((?:tests|notebooks|jobqueue)/[\w./-]+)", PAGE)
    named += [f"jobqueue/{path}" for path in re.findall(r"(?<![\w/])(lab/[\w./]+)", PAGE)]
    assert len(named) > 15
    missing = {path for path in named if not (ROOT / path.rstrip(".")).exists()}
    assert missing == set()


def test_it_is_one_page():
    assert len(PAGE.splitlines()) <= 100


def test_the_commit_hooks_are_local_and_say_what_ci_says():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    asked = {hook["entry"].removesuffix(" --force-exclude") for repo in config["repos"] for hook in repo["hooks"]}
    in_ci = (ROOT / ".ci" / "run").read_text().replace("ruff format --check", "ruff format").splitlines()
    assert asked <= set(in_ci)
