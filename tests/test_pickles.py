"""What travels to another process says there in which file it stands, whatever release of cloudpickle there is."""

import pickle

from jobqueue.lab import pickles


def test_a_function_keeps_its_file_and_so_do_those_inside_it():
    scope = {}
    exec(compile("def outer(a):\n    return (lambda: a)\n", "a cell", "exec"), scope)
    outer = pickle.loads(pickles.dumps(scope["outer"]))
    assert outer.__code__.co_filename == outer(7).__code__.co_filename == "a cell"
    assert outer(7)() == 7
