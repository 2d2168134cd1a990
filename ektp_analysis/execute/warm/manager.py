"""Kernel managers that talk to their kernels by private Unix sockets."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ektp_analysis.execute.warm.prompt import PromptClient
from ektp_analysis.execute.warm.provisioner import POLL_SECONDS, WarmProvisioner


class PrivateKernelManager(AsyncKernelManager):
    """Talks to its kernel by Unix sockets in a folder of this user; no network at all.

    Where there are none (Windows), by TCP on loopback, every message signed with the kernel's key.
    """

    provisioner_class: type[LocalProvisioner] = LocalProvisioner

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.client_factory = PromptClient
        self._folder: str | None = None

    async def _async_wait(self, pollinterval: float = POLL_SECONDS) -> None:
        """Wait for the kernel's end, looking more often than the base class."""
        await super()._async_wait(pollinterval)

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
        import zmq

        if zmq.has("ipc") and self._folder is None:
            # short, because the path of a Unix socket may have 107 bytes only
            self._folder = tempfile.mkdtemp(prefix="ektp-k-")
            self.transport, self.ip = "ipc", str(Path(self._folder) / "k")
            self.connection_file = str(Path(self._folder) / "k.json")
        else:
            self.ip = "127.0.0.1"
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or "0"
            self.provisioner = self.provisioner_class(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        return await super()._async_pre_start_kernel(**kwargs)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if self._folder and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    cleanup_resources = _async_cleanup_resources


class WarmKernelManager(PrivateKernelManager):
    """Kernels from the warm parent."""

    provisioner_class = WarmProvisioner
