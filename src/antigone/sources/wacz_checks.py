"""What can be checked of a WACZ package: that its files are the listed ones, and who signed the list."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from antigone.printable import printable
from antigone.provenance import Check, CheckOutcome
from antigone.settings import Settings
from antigone.sources.wacz_package import DESCRIPTION, DIGEST, Package, PackageError, parse
from antigone.sources.wacz_signature import check_signature

_MAX_RESOURCES = 100_000
_SHOWN = 3  # names in a message
_CHUNK = 1 << 20


def check_package(
    package: Package, hashed: Mapping[str, tuple[str, int]], settings: Settings
) -> tuple[Check, ...]:
    """Check a package; ``hashed`` has SHA-256 and size of the files that were read already, by name."""
    try:
        description = package.small(DESCRIPTION)
    except PackageError as error:
        if DESCRIPTION in package.names:
            return (_failed("wacz-package", f"The package {error}."),)
        return (_failed("wacz-package", "The package has no description (datapackage.json)."),)
    digest = f"sha256:{hashlib.sha256(description).hexdigest()}"
    return (
        _check_directory(package),
        _check_files(package, description, hashed, settings),
        *_check_digest(package, digest, settings),
    )


def _check_directory(package: Package) -> Check:
    name = "wacz-package"
    nested = [inner for inner in package.names if inner.lower().endswith(".wacz")]
    if package.doubled:
        return _failed(
            name, f"Files stand in the package twice: {_listed(package.doubled)}. The first was read."
        )
    if nested:
        return _failed(name, f"Packages within the package were not read: {_listed(nested)}.")
    if not package.warcs:
        return _failed(name, "The package holds no WARC file.")
    return _passed(name, f"The package has a directory of {len(package.names):,} files.")


def _check_files(
    package: Package, description: bytes, hashed: Mapping[str, tuple[str, int]], settings: Settings
) -> Check:
    """Compare every listed file with its stated hash, and see that every archive is listed."""
    name = "wacz-files"
    try:
        listed = _resources(parse(description, DESCRIPTION))
    except PackageError as error:
        return _failed(name, f"The package {error}.")
    wrong: list[str] = []
    left = settings.max_archive_bytes
    for path, (stated, size) in listed.items():
        if path not in package.names:
            wrong.append(f"{path} is missing")
            continue
        try:
            sha256, actual = hashed.get(path) or _hash(package, path, left)
        except (PackageError, OSError):
            wrong.append(f"{path} cannot be read")
            continue
        left -= actual
        if stated is None:
            wrong.append(f"{path} has no SHA-256")
        elif stated != sha256 or size not in (None, actual):
            wrong.append(f"{path} is not what the list says")
    wrong += (f"{path} is not listed" for path in package.warcs if path not in listed)
    if wrong:
        return _failed(name, f"The package is not what it says it is: {_listed(wrong)}.")
    return _passed(name, f"All {len(listed):,} files have the hash that the package's list states.")


def _resources(description: Any) -> dict[str, tuple[str | None, int | None]]:  # noqa: ANN401
    """Return stated SHA-256 and size of the listed files, by path."""
    resources = description.get("resources") if isinstance(description, dict) else None
    if not isinstance(resources, list) or len(resources) > _MAX_RESOURCES:
        raise PackageError("has a description without a list of files")
    listed: dict[str, tuple[str | None, int | None]] = {}
    for resource in resources:
        if not isinstance(resource, dict) or not isinstance(resource.get("path"), str):
            raise PackageError("has a description that lists something without a path")
        stated, size = resource.get("hash"), resource.get("bytes")
        sha256 = stated.removeprefix("sha256:").lower() if isinstance(stated, str) else None
        listed[resource["path"]] = (sha256, size if isinstance(size, int) else None)
    return listed


def _hash(package: Package, path: str, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with package.open(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size > most:
                raise PackageError("holds more than may be read of one archive")
    return digest.hexdigest(), size


def _check_digest(package: Package, digest: str, settings: Settings) -> tuple[Check, ...]:
    """Compare the description with its digest, then check the signature of that."""
    name = "wacz-digest"
    if DIGEST not in package.names:
        absent = Check(
            name=name, outcome=CheckOutcome.ABSENT, message=f"The package has no digest ({DIGEST})."
        )
        return absent, *check_signature(None, digest, settings.trusted_certificates)
    try:
        stated = package.json(DIGEST)
    except PackageError as error:
        return (_failed(name, f"The package {error}."),)
    if not isinstance(stated, dict) or stated.get("path") != DESCRIPTION or stated.get("hash") != digest:
        check = _failed(name, "The description was changed: its hash is not the one that the digest states.")
    else:
        check = _passed(name, "The description has the hash that the digest states.")
    signed = stated.get("signedData") if isinstance(stated, dict) else None
    return check, *check_signature(signed, digest, settings.trusted_certificates)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(printable(name)[:200] for name in names[:_SHOWN]) + more


def _passed(name: str, message: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.PASSED, message=message)


def _failed(name: str, message: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.FAILED, message=message)
