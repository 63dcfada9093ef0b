"""Why a worker cannot be had: one exception with a cause, a message and a cure."""

CURES = {
    "bwrap-missing": "Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; "
    "Fedora: dnf install bubblewrap; Arch: pacman -S bubblewrap)",
    "user-namespaces-disabled": "Allow user namespaces (sysctl -w user.max_user_namespaces=15000; "
    "Debian before 11: sysctl -w kernel.unprivileged_userns_clone=1), or use tier B, which needs "
    "none",
    "apparmor": "Install an AppArmor profile that lets bwrap create user namespaces (Ubuntu 23.10 "
    "and later: the package apparmor-profiles, profile bwrap-userns-restrict; or for everything: "
    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0), or use tier B",
    "container-seccomp": "Start the container with a seccomp profile that permits user namespaces "
    "and mounts (Docker, Podman: --security-opt seccomp=unconfined --cap-add SYS_ADMIN; "
    "Kubernetes: securityContext with seccompProfile.type Unconfined and capabilities.add "
    "SYS_ADMIN), or use tier B",
    "no-landlock": "Use Linux 5.13 or later with landlock in the kernel's list of security "
    "modules (boot parameter lsm=landlock,...), or use tier C",
    "no-seccomp": "Use a kernel with seccomp user notification (Linux 5.0 or later), and a "
    "container that does not refuse it",
    "no-table": "Run on x86_64 or aarch64",
    "interpreter-unreadable": "Make what is named, and all around it, readable to every user "
    "(chmod -R go+rX FOLDER), or start as an ordinary user",
    "missing-module": "Install the packages of the confined environment again",
    "python-too-old": "Create the confined environment with Python 3.11 or later",
    "interpreter-location": "Move the interpreter, or its packages, into a folder of their own",
    "not-linux": "Run in a Linux container or a Linux virtual machine",
    "check-failed": "Do not use this tier here, and report what is shown",
    "start-failed": "Read the message; start the worker by hand to see more",
}
"""Remedies, by cause. The causes are those of PROTOCOL.md, section 1."""


class Unavailable(Exception):  # noqa: N818 - a state of the host, not a mistake of a caller
    """This host cannot run a worker (of one tier, or at all)."""

    def __init__(self, cause: str, message: str) -> None:
        """Keep the cause, a key of ``CURES``, and say what happened."""
        super().__init__(message)
        self.cause = cause
        self.message = message

    def as_json(self) -> dict[str, str]:
        """Give the three fields of the protocol."""
        return {"cause": self.cause, "message": self.message, "cure": CURES.get(self.cause, "")}


class ZygoteDied(Exception):  # noqa: N818 - the end of a worker, reported to the harness
    """The zygote is gone, and with it every further step."""


class ProtocolError(Exception):
    """The harness sent something that is no request."""
