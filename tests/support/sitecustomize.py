"""Loaded by every Python process that a test starts: the folder is on PYTHONPATH while tests run."""

import network_guard

network_guard.install()
