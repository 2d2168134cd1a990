"""The papermill engines ``ektp-warm`` and ``ektp-cold``; they differ in the kernel's start only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from ektp_analysis.execute.warm.provisioner import WarmProvisioner

__all__ = ["ColdEngine", "WarmEngine"]


class PrivateKernelManager(AsyncKernelManager):
    """Talks to its kernel by Unix sockets in a folder of this user; no network at all.

    Where there are none (Windows), by TCP on loopback, every message signed with the kernel's key.
    """

    provisioner_class: type[LocalProvisioner] = LocalProvisioner

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._folder: str | None = None

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

    pre_start_kernel = _async_pre_start_kernel  # type: ignore[assignment]

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if self._folder and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    cleanup_resources = _async_cleanup_resources  # type: ignore[assignment]


class WarmKernelManager(PrivateKernelManager):
    """Kernels from the warm parent."""

    provisioner_class = WarmProvisioner


class ColdEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's own engine with private sockets, and options for the kernel's start.

    Options besides those of papermill: ``kernel_env`` (dict, environment of the kernel),
    ``kernel_streams`` (file for its standard output and error), ``on_kernel`` (called with the
    notebook client once the kernel runs).
    """

    manager_class: type[PrivateKernelManager] = PrivateKernelManager

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        kernel_env: dict[str, str] | None = None,
        kernel_streams: Any = None,
        on_kernel: Callable[[PapermillNotebookClient], None] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Execute the cells; called by papermill."""
        options = merge_kwargs(
            remove_args(["timeout", "startup_timeout", "input_path"], **kwargs),
            timeout=execution_timeout or kwargs.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            kernel_manager_class=cls.manager_class,
            # outputs have all arrived by then; the kernel has nothing left to do
            shutdown_kernel="immediate",
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
        )
        client = PapermillNotebookClient(nb_man, **options)
        start: dict[str, Any] = {}
        if kernel_env is not None:
            start["env"] = kernel_env
        if kernel_streams is not None:
            start["stdout"] = start["stderr"] = kernel_streams
        if on_kernel is not None:
            client.on_notebook_start = lambda notebook: on_kernel(client)
        return client.execute(**start)


class WarmEngine(ColdEngine):
    """Kernels forked from a warm parent; cold ones where that is not possible."""

    manager_class = WarmKernelManager
