"""Stands for a forked kernel towards whoever started it: passes signals on, and ends with the kernel's exit status.

Run by path and without site packages, it starts in milliseconds: python -I -S forkclient.py ADDRESS ARGUMENTS.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

PATIENCE = 60.0  # seconds for the server to be there


def main() -> int:
    """Ask the server for a kernel and wait for it to end."""
    address, *arguments = sys.argv[1:]
    request = {"arguments": arguments, "cwd": str(Path.cwd()), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        _connect(connection, address)
        socket.send_fds(connection, [b"\0"], [0, 1, 2])
        connection.sendall(json.dumps(request).encode() + b"\n")
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda number, _: connection.sendall(bytes([number])))
        status = connection.recv(1)
    return status[0] if status else 1


def _connect(connection: socket.socket, address: str) -> None:
    """Connect as soon as the server listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connection.connect(address)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
