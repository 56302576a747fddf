"""Stands in for a Web Worker: a process that runs `Remote`, with messages over a socket. Its terminate() is kill -9."""

import asyncio
import os
import pickle
import socket
import struct
import sys

from jobqueue.server.leash import Leashed


class Wire:
    """Messages over a socket, each after its length. `hear` takes those that come."""

    def __init__(self, end, hear):
        self.socket, self.hear = end, hear
        self._came = b""
        asyncio.get_running_loop().add_reader(end, self._read)

    def post(self, *message):
        data = pickle.dumps(message)
        self.socket.sendall(struct.pack("!I", len(data)) + data)

    def close(self):
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()

    def _read(self):
        came = self.socket.recv(65536)
        if not came:
            return self.close()
        self._came += came
        while len(self._came) >= 4 and len(self._came) >= (end := 4 + struct.unpack("!I", self._came[:4])[0]):
            message, self._came = pickle.loads(self._came[4:end]), self._came[end:]
            self.hear(*message)


class ProcessPort:
    """What web_crew.Port says, with a process."""

    def __init__(self, hear):
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, __file__, str(theirs.fileno())]
            self.process = Leashed(command, pass_fds=[theirs.fileno()])
        self.wire = Wire(ours, hear)
        self.post = self.wire.post

    def end(self):
        self.process.kill()
        self.process.wait()
        self.wire.close()


async def main(fd):
    from jobqueue.lab.tab.remote import Remote

    def post(kind, key, data):
        wire.post(kind, key, data)
        if kind == "end":
            os._exit(0)

    remote = Remote(post)
    wire = Wire(socket.socket(fileno=fd), remote.hear)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
