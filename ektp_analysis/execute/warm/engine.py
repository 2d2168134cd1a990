"""The papermill engines ``ektp-warm`` and ``ektp-cold``; they differ in the kernel's start only.

papermill loads this module by its entry points, while papermill itself is being imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from ektp_analysis.execute.warm.manager import PrivateKernelManager, WarmKernelManager

__all__ = ["ColdEngine", "WarmEngine"]


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
