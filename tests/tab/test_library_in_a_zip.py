"""A tab's library is a zip, and jobs read the same files from it as from a folder."""

import sys
import zipfile

import pytest

from jobqueue.lab.course import library
from jobqueue.lab.tab.work import read_library_packed

pytestmark = [
    pytest.mark.timeout(30),
    pytest.mark.skipif(sys.version_info < (3, 12), reason="zipfile has no relative_to before 3.12; the tab has 3.14"),
]

FILES = {"abc.py": "a = 1\n", "json/__init__.py": "b = 2\nc = 3\n", "abc.pyc": "", "site-packages/x.py": ""}


def test_jobs_find_and_read_the_same_files(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "library.zip", "w") as packed:
        for name, text in FILES.items():
            file = tmp_path / "library" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            packed.write(file, name)
    monkeypatch.setattr(library, "STDLIB", tmp_path / "library")
    names = library.sources()
    assert names == ["abc.py", "json/__init__.py"]
    measured = [library.measure(name) for name in names]
    monkeypatch.setattr(sys, "path", ["", f"{tmp_path}/library.zip"])
    read_library_packed()
    assert library.sources() == names
    assert [library.measure(name) for name in names] == measured
