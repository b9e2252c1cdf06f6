"""Photos and material from web servers: real ones on this machine, public only where a test says so."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from antigone.errors import PhotoError
from antigone.settings import Settings
from antigone.sources import remote_http
from antigone.sources.remote import open_material, read_file
from antigone.types import FailureCode

SETTINGS = Settings(allow_http=True, max_file_bytes=2**20, remote_timeout=1)
MATERIAL = bytes(range(256)) * 40_000  # ten megabytes


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves what a test needs, by path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: PLR0912 - one branch a path
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        match self.path.partition("?")[0]:
            case "/photo":
                self.answer(200, b"photo")
            case "/empty":
                self.answer(200, b"")
            case "/missing":
                self.answer(404, b"no")
            case "/endless":
                self.send_response(200)
                self.end_headers()
                while True:
                    self.wfile.write(bytes(1 << 16))
            case "/packed":
                self.answer(200, b"packed", {"Content-Encoding": "gzip"})
            case "/silent":
                time.sleep(3)
            case "/drip":
                self.send_response(200)
                self.end_headers()
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.3)
            case "/loop":
                self.answer(302, b"", {"Location": "/loop"})
            case "/inside":
                self.answer(302, b"", {"Location": "http://127.0.0.9:1/secret"})
            case "/elsewhere":
                self.answer(302, b"", {"Location": "/photo"})
            case "/file":
                self.answer(302, b"", {"Location": "file:///etc/passwd"})
            case "/material":
                self.part(MATERIAL, '"one"')
            case "/changing":
                self.part(MATERIAL, f'"{len(self.server.asked)}"')  # type: ignore[attr-defined]
            case "/whole":
                self.answer(200, MATERIAL)
            case "/wrong":
                self.answer(206, b"xx", {"Content-Range": "bytes 0-0/10"})

    def part(self, content: bytes, tag: str) -> None:
        if self.headers.get("If-Match", tag) != tag:
            self.answer(412, b"")
            return
        begin, end = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        end = min(end, len(content) - 1)
        where = {"Content-Range": f"bytes {begin}-{end}/{len(content)}", "ETag": tag}
        self.answer(206, content[begin : end + 1], where)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that has read enough goes away

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def as_if_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 count as public, and nothing else of this machine."""
    monkeypatch.setattr(remote_http, "is_public", lambda address: address == "127.0.0.1")


def code_of(url: str) -> FailureCode:
    with pytest.raises(PhotoError) as failed:
        read_file(url, SETTINGS)
    assert url not in failed.value.message
    return failed.value.failure.code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254",
        "100.64.0.1 fec0::1 3fff::1",
        "100.100.100.200 192.0.0.192 198.18.0.1 192.0.2.1 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255",
        "168.63.129.16 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1",
        "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 2002:7f00:1:: 2002:a00:1::",
        "64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::a9fe:a9fe ::127.0.0.1 localhost 1.1",
    ],
)
def test_private_addresses_in_any_clothes_are_not_public(address: str) -> None:
    assert not [each for each in address.split() if remote_http.is_public(each)]


def test_public_addresses_are_public() -> None:
    addresses = "1.1.1.1 8.8.8.8 172.32.0.1 2606:4700::1111 64:ff9b::808:808 ::ffff:8.8.8.8"
    assert all(remote_http.is_public(each) for each in addresses.split(" "))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_on_this_machine_is_asked(server: Server, host: str) -> None:
    assert code_of(f"http://{host}:{server.server_port}/photo") is FailureCode.NOT_ALLOWED
    with pytest.raises(PhotoError) as refused:
        open_material(f"http://{host}:{server.server_port}/material", SETTINGS)
    assert refused.value.failure.code is FailureCode.NOT_ALLOWED
    assert server.asked == []


def test_no_redirect_leads_inside(server: Server, as_if_public: None) -> None:
    assert code_of(f"{server.url}/inside") is FailureCode.NOT_ALLOWED
    assert code_of(f"{server.url}/file") is FailureCode.UNREADABLE
    assert len(server.asked) == 2


def test_a_name_that_resolves_anew_gains_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is checked is the address of the socket, so there is no time between check and use."""
    resolve = socket.getaddrinfo
    answers = iter(["127.0.0.1", "127.0.0.9"])

    def rebinding(host: str, *rest: object, **more: object) -> object:
        return resolve(next(answers) if host == "photos.example" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(remote_http, "is_public", lambda address: address == "127.0.0.1")
    url = f"http://photos.example:{server.server_port}/photo"
    assert read_file(url, SETTINGS) == b"photo"
    assert code_of(url) is FailureCode.NOT_ALLOWED
    assert len(server.asked) == 1


def test_proxies_are_not_used(server: Server, as_if_public: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    assert code_of("http://127.0.0.9:1/photo") is FailureCode.NOT_ALLOWED
    assert server.asked == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("empty", FailureCode.EMPTY),
        ("missing", FailureCode.UNREADABLE),
        ("endless", FailureCode.FILE_TOO_LARGE),
        ("packed", FailureCode.UNREADABLE),
        ("silent", FailureCode.UNREADABLE),
        ("loop", FailureCode.UNREADABLE),
    ],
)
def test_what_servers_do_wrong_has_a_code(
    server: Server, as_if_public: None, path: str, code: FailureCode
) -> None:
    assert code_of(f"{server.url}/{path}") is code


def test_a_server_that_drips_is_given_up(
    server: Server, as_if_public: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_http, "_PATIENCE", 1)
    assert code_of(f"{server.url}/drip") is FailureCode.UNREADABLE


def test_photos_are_read_also_after_a_redirect(server: Server, as_if_public: None) -> None:
    assert read_file(f"{server.url}/photo#x", SETTINGS) == b"photo"
    assert read_file(f"{server.url}/elsewhere?w=1", SETTINGS) == b"photo"
    assert [path for path, _ in server.asked] == ["/photo", "/elsewhere?w=1", "/photo"]
    assert all(headers["Accept-Encoding"] == "identity" for _, headers in server.asked)
    assert all("Cookie" not in headers for _, headers in server.asked)


def test_material_is_read_in_parts(server: Server, as_if_public: None) -> None:
    with open_material(f"{server.url}/material", SETTINGS) as file:
        file.seek(-256, 2)
        assert file.read() == bytes(range(256))
        file.seek(0)
        assert file.read() == MATERIAL


def test_material_that_changes_is_not_mixed(server: Server, as_if_public: None) -> None:
    with (
        open_material(f"{server.url}/changing", SETTINGS) as file,
        pytest.raises(OSError, match="changed while it was read"),
    ):
        file.read()


def test_material_needs_a_server_of_parts(server: Server, as_if_public: None) -> None:
    with pytest.raises(PhotoError, match="no parts"):
        open_material(f"{server.url}/whole", SETTINGS)
    with open_material(f"{server.url}/wrong", SETTINGS) as file:
        file.seek(5)
        with pytest.raises(OSError, match="stopped serving parts"):
            file.read()
