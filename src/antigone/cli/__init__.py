"""The command line: thin commands over a workspace, one file a group."""

from antigone.cli.main import main

__all__ = ["main"]
