"""`antigone serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, open_workspace


def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen at.")] = 8_000,
    root_path: Annotated[
        str, typer.Option(metavar="PATH", help="Path under which a proxy shows it, such as /faces.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Serve the REST API of a workspace.

    For other machines, put a proxy with TLS before it: sessions and photos travel through it.
    """
    import uvicorn

    from antigone.web import create_app

    with open_workspace(home) as workspace:  # says now what would keep the server from starting
        settings = workspace.settings
    if host not in ("127.0.0.1", "::1", "localhost"):
        output.note("Listening beyond this machine without TLS: put a proxy with TLS before it.")
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        root_path=root_path,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
    )
