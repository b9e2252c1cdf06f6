"""Keeps OpenVINO from telling anybody that it is used.

Where the package ``openvino-telemetry`` is installed, and it is a requirement of ``openvino``, the first
``import openvino`` makes an identifier in the home folder and posts a message to an analytics host, without
asking. Antigone sends nothing. OpenVINO works the same where that package is absent, so it is made to look
absent.
"""

from __future__ import annotations

import sys

TELEMETRY = "openvino_telemetry"
CONVERTER = "openvino.tools.ovc"  # what reports; of no use here, and half of the import's time


def keep_openvino_quiet() -> None:
    """Import OpenVINO so that it cannot report; to be called before every other use of it.

    A program that imported OpenVINO itself before keeps what it has. After this call the program can still
    import the converter, and it does not report either.
    """
    # None in sys.modules makes an import fail like that of a package which is not installed.
    sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    if "openvino" in sys.modules:
        return
    sys.modules[CONVERTER] = None  # type: ignore[assignment]
    try:
        import openvino  # noqa: F401 - the point of this function
    finally:
        del sys.modules[CONVERTER]
