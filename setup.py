"""What pyproject.toml has no word for: the wheel carries the course, as jobqueue/lab/course/notebooks.

In a checkout, and in an editable install of one, the notebooks stay where they are.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "votes*.json", ".*")


class WithCourse(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:
            course = Path(self.build_lib, "jobqueue", "lab", "course", "notebooks")
            shutil.rmtree(course, ignore_errors=True)  # of a build before: a lesson may be gone since, or renamed
            shutil.copytree("notebooks", course, ignore=LEFT_OUT)


setup(cmdclass={"build_py": WithCourse})
