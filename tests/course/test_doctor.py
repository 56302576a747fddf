"""`jobqueue doctor`: green where the course can run, and elsewhere what to do about it."""

import os
import subprocess
import sys

import pytest

from jobqueue.lab.course import doctor as module
from jobqueue.lab.course.doctor import ROOM, course, disk, files, loopback, socket_path


def doctor(**environment):
    command = [sys.executable, "-m", "jobqueue.cli", "doctor"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, env=os.environ | environment)


def test_where_the_tests_run_all_is_well_and_a_killed_workers_jobs_come_back():
    ended = doctor()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *lines, _, last = ended.stdout.splitlines()
    assert (len(lines), {line[0] for line in lines}, last) == (8, {"✓"}, "All is well.")
    assert "kill -9: 8 jobs done, " in lines[-1]


def test_without_a_server_it_says_what_to_do_and_tries_nothing():
    ended = doctor(JOBQUEUE_SERVER="/nowhere")
    assert ended.returncode == 1
    assert "✗ server: JOBQUEUE_SERVER names /nowhere" in ended.stdout and ": unset it, and one that" in ended.stdout
    assert "– kill -9: not tried" in ended.stdout
    assert ended.stdout.endswith("\n1 of 8 need something done\n")


def test_a_folder_for_temporary_files_that_is_too_deep_for_sockets(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    assert (socket_path().ok, socket_path().todo) == (False, "point TMPDIR at /tmp")


@pytest.mark.parametrize(
    ("soft", "hard", "fine"), [(256, 256, False), (256, 1023, False), (256, 4096, True), (-1, -1, True)]
)
def test_a_limit_of_open_files_that_is_too_low_and_cannot_be_raised(monkeypatch, soft, hard, fine):
    monkeypatch.setattr(module.resource, "getrlimit", lambda which: (soft, hard))
    assert (files().ok, "ulimit -n 1024" in files().todo, f"may open {hard} " in files().line) == (
        fine,
        not fine,
        not fine,
    )


@pytest.mark.slow
def test_the_doctor_names_a_low_limit_and_what_to_type():
    command = ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh", sys.executable, "-m", "jobqueue.cli", "doctor"]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    assert ended.returncode == 1
    assert "✗ files: a process may open 256 at once" in ended.stdout and "  → type `ulimit -n 1024`" in ended.stdout
    assert "✓ kill -9: 8 jobs done" in ended.stdout


def test_a_server_that_does_not_answer_is_no_bug_of_the_kits():
    def look():
        raise TimeoutError

    found = module._run(look)
    assert (found.ok, found.line) == (False, "look: no answer within the time (TimeoutError)")


def test_a_full_disk(monkeypatch):
    monkeypatch.setattr(module, "ROOM", 10**18)
    assert not disk().ok and "TMPDIR" in disk().todo
    monkeypatch.setattr(module, "ROOM", ROOM)
    assert disk().ok


def test_without_any_folder_for_temporary_files_it_says_what_to_do(monkeypatch):
    def refuse():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp', '/var/tmp']")

    monkeypatch.setattr(module.tempfile, "gettempdir", refuse)
    for look in (disk, socket_path):
        found = module._run(look)
        assert (found.ok, found.todo) == (False, "point TMPDIR at a folder that can be written to")
        assert "/var/tmp" in found.line


def test_a_file_that_a_check_misses_does_not_end_the_others():
    def look():
        raise FileNotFoundError(2, "No such file or directory", "/proc/none")

    found = module._run(look)
    assert (found.ok, found.todo) == (False, "a bug? please report it")


def test_without_jupyterlab_it_says_so_and_that_is_no_failure(monkeypatch):
    def version(name):
        raise module.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(module.metadata, "version", version)
    assert course().ok is None and "[lab]" in course().todo


def test_a_package_that_is_too_old_is_named_with_what_is_needed(monkeypatch):
    real = module.metadata.version
    monkeypatch.setattr(module.metadata, "version", lambda name: "6.29.0" if name == "ipykernel" else real(name))
    assert (course().ok, "ipykernel>=7.4, but here is 6.29.0" in course().line) == (False, True)


def test_a_machine_that_cannot_reach_itself(monkeypatch):
    def refuse(*args, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(module.socket, "create_connection", refuse)
    assert (loopback().ok, "no route to host" in loopback().line) == (False, True)
