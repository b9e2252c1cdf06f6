"""Which account of the operating system is at the keyboard."""

from __future__ import annotations

import os
import pwd


def account_name() -> str:
    """Return the account's name as the system knows it; the environment, which anyone can set, counts not."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # an account without a name, as in some containers
        return f"account {number}"
