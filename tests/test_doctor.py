"""`jobqueue doctor`: green where the course can run, and elsewhere what to do about it."""

import os
import subprocess
import sys

from jobqueue.lab import doctor as module
from jobqueue.lab.doctor import ROOM, course, disk, loopback, socket_path


def doctor(**environment):
    command = [sys.executable, "-m", "jobqueue.cli", "doctor"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | environment)


def test_where_the_tests_run_all_is_well_and_a_killed_workers_jobs_come_back():
    ended = doctor()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *lines, _, last = ended.stdout.splitlines()
    assert (len(lines), {line[0] for line in lines}, last) == (7, {"✓"}, "All is well.")
    assert "kill -9: 8 jobs done, " in lines[-1]


def test_without_a_server_it_says_what_to_do_and_tries_nothing():
    ended = doctor(JOBQUEUE_SERVER="/nowhere")
    assert ended.returncode == 1
    assert "✗ server: JOBQUEUE_SERVER names /nowhere" in ended.stdout and ": unset it, and one that" in ended.stdout
    assert "– kill -9: not tried" in ended.stdout
    assert ended.stdout.endswith("\n1 of 7 need something done\n")


def test_a_folder_for_temporary_files_that_is_too_deep_for_sockets(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    assert (socket_path().ok, socket_path().todo) == (False, "point TMPDIR at /tmp")


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
        found = module._answer(look)
        assert (found.ok, found.todo) == (False, "point TMPDIR at a folder that can be written to")
        assert "/var/tmp" in found.told


def test_a_file_that_a_check_misses_does_not_end_the_others():
    def look():
        raise FileNotFoundError(2, "No such file or directory", "/proc/none")

    found = module._answer(look)
    assert (found.ok, found.todo) == (False, "a bug? please report it")


def test_without_jupyterlab_it_says_so_and_that_is_no_failure(monkeypatch):
    def version(name):
        raise module.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(module.metadata, "version", version)
    assert course().ok is None and "[lab]" in course().todo


def test_a_package_that_is_too_old_is_named_with_what_is_needed(monkeypatch):
    real = module.metadata.version
    monkeypatch.setattr(module.metadata, "version", lambda name: "6.29.0" if name == "ipykernel" else real(name))
    assert (course().ok, "ipykernel>=7.4, but here is 6.29.0" in course().told) == (False, True)


def test_a_machine_that_cannot_reach_itself(monkeypatch):
    def refuse(*args, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(module.socket, "create_connection", refuse)
    assert (loopback().ok, "no route to host" in loopback().told) == (False, True)
