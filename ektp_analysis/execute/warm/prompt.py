"""A client that knows by the kernel's own answer that it is ready, and does not wait to be sure."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

SHELL_SECONDS = 1.0
IOPUB_SECONDS = 0.2
"""Without a word on this channel for so long, the kernel did not know of it yet: asked again."""


class PromptClient(AsyncKernelClient):
    """Ready when a request was answered and was the last thing told on the channel of outputs.

    The base class listens for a fifth of a second whether more comes. Nothing does: what the kernel
    tells it tells in order, and the end of a request after all that belongs to it.
    """

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for the kernel; see :class:`jupyter_client.client.KernelClient`.

        Raises
        ------
        RuntimeError
            When the kernel dies, or does not answer in so many seconds.
        """
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not await self._answered(self.kernel_info()):
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")

    wait_for_ready = _async_wait_for_ready

    async def _answered(self, request: Any) -> bool:
        """Whether a request came back on both channels, and all before it is read."""
        try:
            reply: dict[str, Any] = {}
            while reply.get("parent_header", {}).get("msg_id") != request:
                reply = await self.get_shell_msg(timeout=SHELL_SECONDS)
            while True:
                told = await self.get_iopub_msg(timeout=IOPUB_SECONDS)
                ours = told["parent_header"].get("msg_id") == request
                if ours and told["content"].get("execution_state") == "idle":
                    break
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        return True
