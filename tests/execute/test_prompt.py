"""When a client takes its kernel for ready."""

import asyncio
from queue import Empty

import pytest

from ektp_analysis.execute.warm.prompt import PromptClient


class Script(PromptClient):
    """A client whose kernel answers as written: ``None`` for silence, else (request, state)."""

    def __init__(self, shell, outputs, alive=True):
        super().__init__()
        self.asked, self.shell, self.outputs, self.alive = 0, list(shell), list(outputs), alive

    def kernel_info(self):
        self.asked += 1
        return f"r{self.asked}"

    async def get_shell_msg(self, timeout):
        return self._next(self.shell)

    async def get_iopub_msg(self, timeout):
        return self._next(self.outputs)

    async def _async_is_alive(self):
        return self.alive

    def _handle_kernel_info_reply(self, message):
        self.reply = message["parent_header"]["msg_id"]

    def _next(self, waiting):
        if not waiting or (said := waiting.pop(0)) is None:
            raise Empty
        return {"parent_header": {"msg_id": said[0]}, "content": {"execution_state": said[1]}}


def ready(client, timeout=60):
    asyncio.run(client.wait_for_ready(timeout=timeout))
    return client


def test_the_end_of_its_own_request_is_enough():
    client = ready(Script([("r1", "")], [("old", "idle"), ("r1", "busy"), ("r1", "idle")]))
    assert client.asked == 1 and client.reply == "r1" and not client.outputs


def test_a_channel_that_was_late_is_asked_again_and_the_old_answer_passed_over():
    client = ready(
        Script([("r1", ""), None, ("r2", ""), ("r3", "")], [None, ("r3", "busy"), ("r3", "idle")])
    )
    assert client.asked == 3 and client.reply == "r3"


def test_a_kernel_that_is_gone_or_silent_is_an_error():
    with pytest.raises(RuntimeError, match="Kernel died"):
        ready(Script([], [], alive=False))
    with pytest.raises(RuntimeError, match="didn't respond in 0 seconds"):
        ready(Script([], []), timeout=0)
