"""A checkout of its own for a test, with one commit, as `git clone` would leave it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def make_clone(folder):
    """Put it into `folder`, which doesn't exist yet, and return that."""
    left_out = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "votes*.json", "my_queue.py")
    for name in ("jobqueue", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    shutil.copy(ROOT / ".gitignore", folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=all")
    return folder


def git(folder, *words):
    """Its output. Raises CalledProcessError."""
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout


def jobqueue(clone, *words, cwd):
    """Run the command `jobqueue` of that checkout."""
    command, environment = [sys.executable, "-m", "jobqueue.cli", *words], os.environ | {"PYTHONPATH": str(clone)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=120)
