"""The one thread that computes: the models take turns, so they do not fight for the cores."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import torch


class Worker(Protocol):
    """Something that has units of work for the device."""

    def has_work(self) -> bool:
        """Whether `work` would do anything; called under the loop's lock."""
        ...

    def work(self) -> None:
        """One unit of work, some milliseconds; never raises."""
        ...


class DeviceLoop:
    """Runs workers in turn until `stop`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._workers: Sequence[Worker] = ()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)

    def start(self, workers: Sequence[Worker]) -> None:
        """Starts the thread."""
        self._workers = workers
        self._thread.start()

    def submit(self, enqueue: Callable[[], None]) -> None:
        """Hands over work: `enqueue` runs under the lock, then the thread looks again."""
        with self._changed:
            enqueue()
            self._changed.notify()

    def stop(self) -> None:
        """Ends the thread after its unit of work."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        with torch.inference_mode():
            while True:
                with self._changed:
                    while not self._stopped and not any(w.has_work() for w in self._workers):
                        self._changed.wait()
                    if self._stopped:
                        return
                for worker in self._workers:
                    worker.work()
