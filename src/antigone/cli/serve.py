"""`antigone serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, open_workspace

_HERE = ("127.0.0.1", "::1", "localhost")


def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen at.")] = 8_000,
    root_path: Annotated[
        str, typer.Option(metavar="PATH", help="Path under which a proxy shows it, such as /faces.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Serve the pages and the REST API of a workspace.

    On this machine alone it shows a link that lets you in once, without a password.

    For other machines, put a proxy with TLS before it: sessions and photos travel through it.
    """
    import uvicorn

    from antigone.web import create_app

    with open_workspace(home) as workspace:  # says now what would keep the server from starting
        settings = workspace.settings
        link = workspace.office.local_link() if host in _HERE else None
    if link is not None:
        where = f"[{host}]" if ":" in host else host
        url = f"http://{where}:{port}{root_path}/enter?key={link}"
        output.note(f"Open {url} (works once, within half an hour).")
    else:
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
