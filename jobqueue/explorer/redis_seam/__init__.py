"""Everything between a program's Redis client and the server: commands go out as steps, and content comes back.

Read client, then server, which runs one step. rewrite keeps time virtual, replies undoes that for the program, commands
knows the flags, wire moves the bytes, and content is a snapshot of all keys.
"""
