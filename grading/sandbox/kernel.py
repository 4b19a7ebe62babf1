"""One notebook in a box that needs a real kernel: R, Bash, widgets, CUDA.

A fork of the zygote starts the kernel inside the box and drives it the way nbclient does; cells
and messages go through the channel as in shell.py. The kernel runs trainees' code, this process
does not; who ends it, ends the notebook.
"""
# nbclient, nbformat and jupyter_client are typed in part.
# mypy: disable-error-code="no-untyped-call,misc"

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from grading.sandbox.channel import Channel, Closed, Message
from grading.sandbox.limiting import Limiter
from grading.sandbox.shell import received

SHOWN = {"stream", "display_data", "execute_result", "error", "clear_output"}
REPLY = ("ename", "evalue", "traceback")


def run(channel: Channel, spec: Message) -> None:
    """In a fork of the zygote: run cells in a kernel of this kernelspec until the channel closes.

    `spec` also has its "name". Says "ok" when the kernel is ready for a cell.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    asyncio.run(_Driver(channel, spec).serve())


class _Client(NotebookClient):
    """Keeps what the kernel publishes as messages; what an Output widget catches is no output."""

    messages: list[tuple[str, Message]]
    limiter = Limiter(1_000_000)

    def process_message(self, msg: Message, cell: Any, cell_index: int) -> Any:
        kind, content = msg["msg_type"], msg["content"]
        caught = self.output_hook_stack[msg["parent_header"].get("msg_id")]
        shown = kind == "update_display_data" or (kind in SHOWN and not caught)
        if shown and self.limiter.admits(kind, content, self.messages):
            self.messages.append((kind, content))
        return super().process_message(msg, cell, cell_index)

    def output(self, outs: Any, msg: Message, display_id: Any, cell_index: int) -> Any:
        if self.output_hook_stack[msg["parent_header"].get("msg_id")]:
            return super().output(outs, msg, display_id, cell_index)
        return None


class _Spec(KernelSpecManager):
    """The one kernelspec that the controller chose, not what lies about in the box."""

    chosen: Message

    def get_kernel_spec(self, _: str) -> KernelSpec:
        return KernelSpec(**self.chosen)


class _Driver:
    def __init__(self, channel: Channel, spec: Message) -> None:
        self.channel = channel
        self.name = spec.pop("name")
        self.specs = _Spec()
        self.specs.chosen = spec
        self.is_python = spec.get("language") == "python"
        self.manager: Any = AsyncKernelManager(
            kernel_name=self.name, kernel_spec_manager=self.specs, ip="127.0.0.1"
        )
        self.client: Any = _Client(new_notebook(), km=self.manager, allow_errors=True, timeout=None)
        self.client.on_cell_executed = self._keep

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        orders: asyncio.Queue[Message] = asyncio.Queue()
        loop.add_reader(self.channel.fileno(), lambda: orders.put_nowait(received(self.channel)))
        await self._start()
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        while True:
            order = await orders.get()
            self.number = order.get("number")
            match order["order"]:
                case "begin":
                    self.client.limiter = Limiter(int(order["output_bytes"]))
                    self._say({"status": "ok", "messages": []})
                case "claim":
                    self._say({"refused": await self._refuses(str(order["source"]))})
                case "cell":
                    self._say(await self._run_cell(str(order["source"])))
                case _:
                    os._exit(0)

    async def _start(self) -> None:
        await self.client.async_start_new_kernel()
        await self.client.async_start_new_kernel_client()

    def _interrupt(self) -> None:
        self.interrupting = asyncio.ensure_future(self.manager.interrupt_kernel())

    async def _run_cell(self, source: str) -> Message:
        cell = new_code_cell(source)
        self.client.nb.cells, self.client.messages, self.reply = [cell], [], {}
        try:
            await self.client.async_execute_cell(cell, 0)
        except DeadKernelError:
            await self._end_as_it_did()
        except Exception as error:
            # Among them CellTimeoutError: a kernel that answers and then never ends the cell.
            self.reply = {"status": "broken", "ename": type(error).__name__}
        return {
            **{name: self.reply[name] for name in REPLY if name in self.reply},
            # A kernel may have other words for what nbclient takes for success.
            "status": status if (status := self.reply["status"]) in {"error", "broken"} else "ok",
            "execution_count": cell["execution_count"],
            "messages": self.client.messages,
            "cut": self.client.limiter.cut,
        }

    async def _end_as_it_did(self) -> None:
        if await self.manager.provisioner.poll() == -signal.SIGKILL:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(1)

    def _keep(self, *, execute_reply: Message, **_: Any) -> None:
        self.reply = execute_reply["content"]

    async def _refuses(self, claim: str) -> bool:
        """Claims are written in Python: of other languages it can only be said that they refuse."""
        if not self.is_python:
            return True
        sent = self.client.kc.execute(claim, silent=True, store_history=False, stop_on_error=False)
        reply = await self.client.async_wait_for_reply(sent)
        return bool(reply) and reply["content"].get("ename") == "AssertionError"

    def _say(self, message: Message) -> None:
        with suppress(Closed):
            self.channel.send({**message, "number": self.number})
