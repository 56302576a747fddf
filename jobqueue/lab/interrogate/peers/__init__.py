"""An adapter for each queue that can be questioned, ask_<name>.py, and `host`, which they import.

They run in the queue's own environment, with this folder on Python's path, and so none of them imports the kit, but for
the kit's own.
"""
