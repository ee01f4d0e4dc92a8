"""How kernels start: talking through files instead of ports, forked from one warm process where that is safe."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from uuid import uuid4

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

CLIENT = Path(__file__).with_name("forkclient.py")
CAN_FORK = sys.platform == "linux"  # elsewhere system libraries forbid it (macOS) or there is no fork


class PromptClient(AsyncKernelClient):
    """Knows a kernel is ready as soon as it says so, where the stock client always waits 0.2 s more."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.context.setsockopt(zmq.RECONNECT_IVL, 5)  # milliseconds between two looks for a kernel that is starting

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return once the kernel has answered, and told of it on the channel that outputs come by.

        Raises
        ------
        RuntimeError
            The kernel died, or did not answer within ``timeout`` seconds.
        """
        deadline = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < deadline:
            request = self.kernel_info()
            with suppress(Empty):
                await self.get_shell_msg(timeout=1)
                while True:
                    said = await self.get_iopub_msg(timeout=0.05)
                    idle = said["content"].get("execution_state") == "idle"
                    if idle and said["parent_header"].get("msg_id") == request:
                        return
            if not await self.is_alive():
                msg = "it died before it was ready"
                raise RuntimeError(msg)
        msg = f"it was not ready within {timeout:g} seconds"
        raise RuntimeError(msg)


class LocalKernelManager(AsyncKernelManager):
    """Kernels that talk through files instead of open ports, where the system can."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(client_class="lentap.book.kernels.PromptClient", **settings)
        if os.name != "nt":
            self.transport = "ipc"
            self.ip = str(socket_folder() / uuid4().hex[:12])

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        """Look every 0.005 s whether the kernel has ended, where the stock manager looks every 0.1 s."""
        await super()._async_wait(min(pollinterval, 0.005))


class ForkedKernelManager(LocalKernelManager):
    """Kernels forked from the process that listens at ``address``."""

    address: ClassVar[str]

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        command: list[str] = super().format_kernel_cmd(extra_arguments)
        arguments = command[command.index("ipykernel_launcher") + 1 :]
        return [sys.executable, "-I", "-S", str(CLIENT), self.address, *arguments]


@contextmanager
def warm_kernels(statements: Iterable[str]) -> Iterator[type[LocalKernelManager]]:
    """Yield the manager of kernels that have run the given import statements before they start."""
    if not CAN_FORK:
        yield LocalKernelManager
        return
    address = str(socket_folder() / f"fork-{uuid4().hex[:12]}")
    command = [sys.executable, "-m", "lentap.book.forkserver", address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin
        process.stdin.write(json.dumps(list(statements)) + "\n")
        process.stdin.flush()
        yield type("Forked", (ForkedKernelManager,), {"address": address})
        process.stdin.close()


def socket_folder() -> Path:
    """One private folder for the sockets of kernels, removed when this process ends."""
    return Path(_socket_folder().name)


@cache
def _socket_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="lentap-")
