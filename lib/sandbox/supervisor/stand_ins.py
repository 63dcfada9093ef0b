"""Stand-ins for calls that the filter refuses because they tell of the host."""

import _socket
import os
import posix
import resource
import socket
import time

HOST_NAME = "rstar"
"""Name of the machine, as a step finds it; bubblewrap gives it too."""


def stand_in() -> None:
    """Replace what asks for the host's name, and for what dead children used.

    To be called before libraries are loaded: some remember the host's name.
    """
    system = os.uname()
    told = os.uname_result(
        (system.sysname, HOST_NAME, system.release, system.version, system.machine)
    )

    def uname() -> os.uname_result:
        """Tell of the system."""
        return told

    def gethostname() -> str:
        """Tell the name of the machine."""
        return HOST_NAME

    def times() -> os.times_result:
        """Tell the time that this process used; its children are other branches."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return os.times_result((used.ru_utime, used.ru_stime, 0.0, 0.0, time.monotonic()))

    for module in (os, posix):
        vars(module).update(uname=uname, times=times)
    for module in (socket, _socket):
        vars(module).update(gethostname=gethostname)
