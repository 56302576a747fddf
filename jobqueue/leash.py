"""Start a process that cannot outlive us, however we die: even by kill -9, when no clean-up code of ours runs.

Linux has a kernel promise for this (PR_SET_PDEATHSIG). It is bound to the *thread* that starts the child, so it is
used from the main thread only. Everywhere else a tiny shell waits on a pipe that only we hold: when we are gone, it
reads end-of-file and kills the child.
"""

import os
import subprocess
import sys
import threading

# Runs as `python -I -S -c LAUNCH <our pid> <command…>` and then *becomes* the command, keeping its pid. Asking for
# the signal in the child rather than in a preexec_fn keeps our own fork free of Python code (deadlocks in threads).
LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]): sys.exit("parent died first")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def popen_leashed(command: list[str], **options) -> subprocess.Popen:
    """Start `command` in a session of its own (Ctrl-C in a terminal or a notebook spares it), leashed to this process.

    `options` go to `subprocess.Popen`; stdin is always empty. Returns the Popen, whose pid is the command's own.
    """
    options |= {"stdin": subprocess.DEVNULL, "start_new_session": True}
    if sys.platform == "linux" and threading.current_thread() is threading.main_thread():
        return subprocess.Popen([sys.executable, "-I", "-S", "-c", LAUNCH, str(os.getpid()), *command], **options)
    # The shell is started first and told the pid last: were we to die in between, it would still see end-of-file.
    watch = 'read pid; read nothing; [ -n "$pid" ] && kill -9 "$pid"'
    dog = subprocess.Popen(["/bin/sh", "-c", watch], stdin=subprocess.PIPE, start_new_session=True)
    process = subprocess.Popen(command, **options)
    dog.stdin.write(f"{process.pid}\n".encode())
    dog.stdin.flush()
    process.dog = dog  # holds the pipe open for as long as somebody holds the process
    return process


def unleash(process: subprocess.Popen) -> None:
    """Let go of a process that has ended, so that nothing kills a stranger who is given its pid later."""
    if dog := getattr(process, "dog", None):
        dog.kill()
        dog.stdin.close()
        dog.wait()
