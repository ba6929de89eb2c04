"""Lets a process open sockets to this machine alone. For the tests' own process and for those they start."""

from __future__ import annotations

import ipaddress
import sys

_WATCHED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


attempts: list[str] = []  # what was refused, also where a library swallowed the exception


class OutsideConnection(Exception):
    """Something tried to leave this machine."""


def block_all_else() -> None:
    """From here on, reaching for any address but loopback raises OutsideConnection. Cannot be undone in this process."""
    sys.addaudithook(_refuse_outside)


def is_loopback(host: object) -> bool:
    if host is None or host in ("", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback or str(host) == "0.0.0.0"
    except ValueError:
        return False


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _WATCHED:
        return
    # subtle: an address is a path for sockets of the file system, and a tuple that begins with the host for the others
    target = arguments[1] if event in ("socket.connect", "socket.sendto", "socket.sendmsg") else arguments
    if isinstance(target, tuple) and target and not is_loopback(target[0]):
        attempts.append(f"{event} to {target[0]!r}")
        raise OutsideConnection(attempts[-1])
