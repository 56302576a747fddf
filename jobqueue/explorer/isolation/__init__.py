"""A process of its own for programs that may hang, crash or eat memory, and the notebook's way to it.

Read parent and session, which run in the notebook and hold a handle on each child, then child, then fork, which answers
the requests of one session.
"""
