"""The HTTP front: what a client may ask for over HTTP, which requests it refuses, how long it waits for one."""
