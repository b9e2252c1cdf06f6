"""The first photos of a process come from several threads at once, and none may wait for ever."""

from __future__ import annotations

import subprocess
import sys

# Every inference asks OpenVINO for a number type. Where that is first asked in several threads at once, they
# wait for each other for ever; the short switch interval makes that nearly certain.
SCRIPT = """
import faulthandler, sys, threading
from antigone.faces.runtime import open_runtime
from antigone.settings import Settings

open_runtime(Settings())
import openvino

faulthandler.dump_traceback_later(20, exit=True)
sys.setswitchinterval(1e-6)
barrier = threading.Barrier(4)

def first():
    barrier.wait()
    openvino.Type.u8.to_dtype()

threads = [threading.Thread(target=first, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_first_inferences_do_not_wait_for_each_other() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
