"""An adapter for each queue, ask_<name>.py, and `host`, which they import.

They run in the queue's own environment, with this folder on Python's path. So none of them imports the kit, except the
kit's own.
"""
