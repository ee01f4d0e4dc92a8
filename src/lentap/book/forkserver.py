"""A process that imports what kernels will import, once, and forks a kernel for each that asks.

Nothing but imports has run in it when it forks: no thread has started and no computation left state behind, so each
kernel begins as a new process would, only sooner. Run as ``python -m lentap.book.forkserver ADDRESS`` with the import
statements on standard input; it ends, with its kernels, when standard input closes.
"""

import contextlib
import gc
import json
import os
import random
import selectors
import signal
import socket
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

KERNEL = [  # what a kernel imports when it starts, each on its own since not all need be there
    "import ipykernel.kernelapp, ipykernel.ipkernel, ipykernel.zmqshell",
    "import ipykernel.debugger",
    "import IPython.core.completerlib, IPython.core.debugger, IPython.core.oinspect, IPython.extensions.storemagic",
    "import IPython.core.getipython, IPython.display",
]
STREAMS = 3  # standard input, output and error of a kernel


class ForkServer:
    """Listens on a Unix socket; a connection is a kernel, and ends with it, whichever ends first."""

    def __init__(self, address: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(address)
        self.listener.listen()
        self.waiting = selectors.DefaultSelector()
        self.waiting.register(self.listener, selectors.EVENT_READ, self._fork)
        self.waiting.register(sys.stdin, selectors.EVENT_READ, self._stop)
        self.children: set[int] = set()

    def serve(self) -> NoReturn:
        """Answer until standard input closes."""
        while True:
            for key, _ in self.waiting.select():
                action, *about = key.data if isinstance(key.data, tuple) else (key.data,)
                action(*about)

    def _fork(self) -> None:
        connection, _ = self.listener.accept()
        _, streams, _, _ = socket.recv_fds(connection, 1, STREAMS)
        with connection.makefile("rb") as lines:
            request = json.loads(lines.readline())
        child = os.fork()
        if child == 0:
            self.listener.close()
            connection.close()
            _become_kernel(request, streams)
        for stream in streams:
            os.close(stream)
        self.children.add(child)
        ended = os.pidfd_open(child)
        self.waiting.register(connection, selectors.EVENT_READ, (self._signal, connection, child))
        self.waiting.register(ended, selectors.EVENT_READ, (self._report, connection, child, ended))

    def _signal(self, connection: socket.socket, child: int) -> None:
        """Pass on a signal the client received; a client that is gone takes its kernel along."""
        received = connection.recv(1)
        if not received:
            self.waiting.unregister(connection)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, received[0] if received else signal.SIGKILL)

    def _report(self, connection: socket.socket, child: int, ended: int) -> None:
        _, status = os.waitpid(child, 0)
        self.waiting.unregister(ended)
        os.close(ended)
        with contextlib.suppress(KeyError, ValueError):
            self.waiting.unregister(connection)
        with contextlib.suppress(OSError):
            connection.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
        connection.close()
        self.children.discard(child)

    def _stop(self) -> NoReturn:
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        raise SystemExit


def preload(statements: Iterable[str]) -> None:
    """Run import statements; one that fails is left for the chapter, whose error names the cell."""
    for statement in statements:
        with contextlib.suppress(Exception):
            exec(statement, {})


def _become_kernel(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Turn the forked process into the kernel that was asked for."""
    try:
        os.setsid()
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
            os.close(stream)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["environment"] | {"JPY_PARENT_PID": str(os.getppid())})
        random.seed()
        if numpy := sys.modules.get("numpy"):
            numpy.random.seed()
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=request["arguments"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    server = ForkServer(sys.argv[1])
    preload([*KERNEL, *json.loads(sys.stdin.readline())])
    gc.collect()
    gc.freeze()
    server.serve()
