"""An S3 server on this machine: moto's, a program of its own that stands in for S3 over real HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 60.0  # seconds for the server to start


@contextmanager
def s3_server() -> Iterator[Mapping[str, str]]:
    """Run the server; yield the environment in which S3 means it."""
    with tempfile.TemporaryFile() as said:
        # Port 0: the system chooses one that is free, and the server says which.
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            port = _port(server, said.fileno())
            yield {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            }
        finally:
            server.kill()
            server.wait()


def _port(server: subprocess.Popen[bytes], said: int) -> int:
    begun = time.monotonic()
    while time.monotonic() - begun < _PATIENCE:
        text = os.pread(said, 10_000, 0).decode(errors="replace")
        if match := re.search(r"Running on http://127\.0\.0\.1:(\d+)", text):
            return int(match[1])
        assert server.poll() is None, f"the S3 server ended:\n{text}"
        time.sleep(0.05)
    raise AssertionError("the S3 server did not start in time")


def upload(folder: Path, bucket: str) -> None:
    """Make a bucket of the environment's S3 server and put all files of a folder there."""
    from botocore.session import Session

    client = Session().create_client("s3")
    client.create_bucket(Bucket=bucket)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            key = path.relative_to(folder).as_posix()
            client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    client.close()
