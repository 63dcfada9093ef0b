"""Messages of the trainer at work: one JSON object a line, validated on the other side."""

import json
import os
import sys
from typing import IO


def take_standard_output() -> IO[str]:
    """Keeps standard output for events alone.

    Libraries print where they like; after this, what they print goes to standard error.
    """
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


class Events:
    """Writes events; only one process of several speaks."""

    def __init__(self, stream: IO[str], speaks: bool = True) -> None:
        self._stream = stream
        self._speaks = speaks

    def say(self, event: str, **fields: object) -> None:
        """Writes one event."""
        if not self._speaks:
            return
        try:
            print(json.dumps({"event": event, **fields}), file=self._stream, flush=True)
        except BrokenPipeError:
            # Nobody listens any more: the harness is gone, and so is the reason to train.
            sys.exit(1)
