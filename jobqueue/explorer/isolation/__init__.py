"""A process of its own for programs that may hang, crash or eat memory, and the notebook's way to it.

Read parent, which runs in the notebook and holds a handle on each child, then child, then fork, which answers one
request.
"""
