"""How long a person waits at the pages: from dropping a photo to candidates; the first page; scrolling.

    python -m benchmarks.pages [--references 100000] [--probes 60]

A real server, and Debian's Chromium without a window, on one machine. The workspace is that of
``benchmarks.end_to_end``: synthetic references, spread like real ones, and one LFW photo each of as many
people as there are probes.

- *From a photo to its candidates*: another photo of one of those people is dropped on the page. As soon as
  the page has found and chosen the face, it is sent off, as by somebody whose hand waits on the key. The
  clock, which is the browser's own, runs from the drop until the list is painted, and until the picture of
  its first candidate is there. In between lie two uploads of the photo, finding its faces, the search with
  its records and audit entry, and a page load.
- *First page*: bytes as sent, and the time until it is painted with an empty cache, over a link of 1.6 Mbit/s
  with 300 ms a request (3G as WebPageTest has it), and over what browsers call "fast 3G" (562 ms a request).
- *Scrolling*: a list holds at most 50 candidates, so 500 of them come from ten searches of a collection of
  real photos, put on one page by the benchmark. It is scrolled from end to end by gestures, first while its
  pictures still come in, then again. A frame later than 33 ms is one that was left out.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, ViewportSize, sync_playwright

from antigone import Workspace
from antigone.settings import Settings
from benchmarks import lfw
from benchmarks.cut_off import serving
from benchmarks.end_to_end import COLLECTION, WARM_UP, Case, build
from benchmarks.report import Check, Report

FACES = "faces"  # the collection of real photos
PAGES = 10  # searches whose candidates are scrolled
LONGEST_FRAME = 33.4  # milliseconds: one frame of sixty a second was left out
THREE_G = {"3G": (300, 1_600_000, 768_000), "fast 3G of browsers": (562, 1_440_000, 675_000)}
DESK = ViewportSize(width=1280, height=800)

_DROP = """
([name, coded]) => {
  const bytes = Uint8Array.from(atob(coded), (one) => one.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
  const form = document.getElementById("search");
  const watch = new MutationObserver(() => {
    if (!document.querySelector("#found input:checked")) return;
    watch.disconnect();
    sessionStorage.setItem("found", performance.timeOrigin + performance.now());
    form.requestSubmit();
  });
  const seen = { subtree: true, childList: true, attributes: true, characterData: true };
  watch.observe(document.getElementById("found"), seen);
  sessionStorage.setItem("dropped", performance.timeOrigin + performance.now());
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}
"""
_TIMES = """
async () => {
  const first = document.querySelector(".candidate img");
  if (first && !first.complete) await new Promise((done) => { first.onload = first.onerror = done; });
  const entry = async (name) => {
    for (;;) {
      const [found] = performance.getEntriesByName(name);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 20));  // it is noted after the frame
    }
  };
  const paint = await entry("first-contentful-paint");
  const shown = await entry(first.src);
  const dropped = Number(sessionStorage.getItem("dropped"));
  return {
    found: Number(sessionStorage.getItem("found")) - dropped,
    painted: performance.timeOrigin + paint.startTime - dropped,
    picture: performance.timeOrigin + shown.responseEnd - dropped,
    source: document.querySelector(".candidate .from .wrap").textContent,
  };
}
"""
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_FRAMES = """
() => {
  window.frames_ = [];
  let last = 0;
  const tick = (now) => {
    if (last) window.frames_.push(now - last);
    last = now;
    window.ticking = requestAnimationFrame(tick);
  };
  window.ticking = requestAnimationFrame(tick);
}
"""
_GATHER = """
async (paths) => {
  const list = document.querySelector(".candidates");
  for (const path of paths) {
    const answer = await fetch(path);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    list.append(...page.querySelectorAll(".candidate"));
  }
  return list.children.length;
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A signed-in page and where it is served."""

    page: Page
    address: str
    case: str


def main() -> int:
    """Measure, print, and write ``results/pages.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--references", type=int, default=100_000, help="references in the collection")
    parser.add_argument("--probes", type=int, default=60, help="photos that are dropped and count")
    parser.add_argument(
        "--pictures", type=int, default=600, help="real photos in the collection that is scrolled"
    )
    options = parser.parse_args()
    report = Report("pages", title="At the pages")
    with tempfile.TemporaryDirectory(prefix="antigone-") as folder:
        home = Path(folder) / "home"
        cases = build(report, home, options.references, options.probes + WARM_UP)
        case, key = prepare(home, options.pictures)
        with serving(home) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_context(viewport=DESK).new_page()
            page.goto(f"{address}/enter?key={key}")
            page.get_by_role("button").last.click()
            page.wait_for_load_state("networkidle")
            bench = Bench(page=page, address=address, case=case)
            waited = dropping(report, bench, cases)
            size, readable = first_pages(report, bench)
            late = scrolling(report, bench, cases[:PAGES])
            browser.close()
    met = report.checks(
        [
            Check(
                what=f"p50 from a drop to candidates on screen, {options.references:,} references",
                value=waited,
                target=400,
                at_least=False,
                unit=" ms",
            ),
            Check(what="largest first page, as sent", value=size, target=100, at_least=False, unit=" kB"),
            Check(what="slowest first page over 3G", value=readable, target=1, at_least=False, unit=" s"),
            Check(what="late frames of 500 candidates", value=late, target=1, at_least=False, unit=" %"),
        ]
    )
    report.save()
    return 0 if met else 1


def prepare(home: Path, pictures: int) -> tuple[str, str]:
    """Add the collection of real photos and a case; return its number and the key of the door."""
    with Workspace.open(settings=Settings(home=home)) as workspace:
        workspace.add_collection(
            name=FACES,
            owner="benchmark",
            source="Labeled Faces in the Wild",
            purpose="measuring",
            basis="research",
            jurisdiction="EU",
            retain_until=date(9999, 1, 1),
        )
        workspace.import_([photo.path for photo in lfw.load().photos[:pictures]], into=FACES)
        office = workspace.office
        case = office.book.open("Pages", purpose="measuring", basis="research", by=office.principal)
        return case.number, office.local_link()


def dropping(report: Report, bench: Bench, cases: Sequence[Case]) -> float:
    """Drop every probe; return the median milliseconds until the list and its first picture are there."""
    page, times, found = bench.page, [], 0
    for number, case in enumerate(cases):
        page.goto(f"{bench.address}/search?case={bench.case}")
        page.wait_for_load_state("networkidle")
        page.locator(f"input[name=collection][value={FACES}]").uncheck()
        coded = base64.b64encode(case.probe.read_bytes()).decode()
        with page.expect_navigation(url="**/searches/*", wait_until="load"):
            page.evaluate(_DROP, [case.probe.name, coded])
        seen: dict[str, Any] = page.evaluate(_TIMES)
        if number >= WARM_UP:
            times.append([seen["found"], seen["painted"], max(seen["painted"], seen["picture"])])
            found += seen["source"].endswith(case.reference.name)
    values = np.array(times)
    report.table(
        "dropping",
        f"From dropping a photo, {len(times)} probes, milliseconds in the browser's clock",
        ("until", "p50", "p90", "slowest"),
        [
            (what, *(f"{value:.0f}" for value in np.percentile(values[:, column], [50, 90, 100])))
            for column, what in enumerate(
                ("the face is found and boxed", "the list is painted", "and its first picture is there")
            )
        ],
    )
    report.note(f"The person on the probe came first in {found} of {len(times)} lists in {COLLECTION}.")
    return float(np.median(values[:, 2]))


def first_pages(report: Report, bench: Bench) -> tuple[float, float]:
    """Load pages over slow links; return the most kilobytes and the most seconds over 3G."""
    rows: list[list[str]] = []
    sizes: list[float] = []
    waits: list[float] = []
    for path in ("/", "/search", "/cases"):
        loads = [first_page(bench, path, link) for link in THREE_G.values()]
        sizes.append(loads[0][0])
        waits.append(loads[0][1])
        rows.append([path, f"{loads[0][0]:.1f}", *(f"{seconds:.2f}" for _, seconds in loads)])
    report.table(
        "first_pages",
        "Pages with an empty cache: until the text is painted, median of 5",
        ("page", "kB as sent", *(f"{name} (s)" for name in THREE_G)),
        rows,
    )
    return max(sizes), max(waits)


def first_page(bench: Bench, path: str, link: tuple[int, int, int]) -> tuple[float, float]:
    """Load a page in a browser that was never there; return kilobytes, and median seconds to its text."""
    browser = bench.page.context.browser
    assert browser is not None
    sizes, waits = [], []
    for _ in range(5):
        context = browser.new_context(viewport=DESK, storage_state=bench.page.context.storage_state())
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sent: list[float] = []
        session.on(
            "Network.loadingFinished", lambda event, sent=sent: sent.append(event["encodedDataLength"])
        )
        throttle(session, *link)
        page.goto(bench.address + path, wait_until="networkidle")
        waits.append(page.evaluate(_PAINTED) / 1000)
        sizes.append(sum(sent) / 1000)
        context.close()
    return float(np.median(sizes)), float(np.median(waits))


def throttle(link: CDPSession, latency: float, down: float, up: float) -> None:
    """Slow the link down to bits a second and so many milliseconds a request."""
    link.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency,
            "downloadThroughput": down / 8,
            "uploadThroughput": up / 8,
        },
    )


def scrolling(report: Report, bench: Bench, cases: Sequence[Case]) -> float:
    """Scroll 500 candidates with pictures; return the per cent of late frames once the pictures are there."""
    page = bench.page
    paths = []
    for case in cases:
        page.goto(f"{bench.address}/search?case={bench.case}")
        page.wait_for_load_state("networkidle")
        page.locator(f"input[name=collection][value={COLLECTION}]").uncheck()
        page.evaluate("document.getElementById('top').value = 50")
        coded = base64.b64encode(case.probe.read_bytes()).decode()
        with page.expect_navigation(url="**/searches/*", wait_until="load"):
            page.evaluate(_DROP, [case.probe.name, coded])
        paths.append(page.url)
    count = page.evaluate(_GATHER, paths[:-1])
    link = page.context.new_cdp_session(page)
    rows, shares = [], []
    for what in ("while pictures come in", "again, pictures there"):
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(500)
        page.evaluate(_FRAMES)
        height = page.evaluate("document.documentElement.scrollHeight - innerHeight")
        link.send(
            "Input.synthesizeScrollGesture",
            {"x": 600, "y": 500, "yDistance": -height, "speed": 4_000, "gestureSourceType": "mouse"},
        )
        frames = np.array(page.evaluate("cancelAnimationFrame(window.ticking) ?? window.frames_"))
        page.wait_for_load_state("networkidle")
        late = 100 * float((frames > LONGEST_FRAME).mean())
        shares.append(late)
        row = (what, len(frames), *(f"{value:.1f}" for value in np.percentile(frames, [50, 99, 100])))
        rows.append((*row, f"{late:.2f} %"))
    report.table(
        "scrolling",
        f"{count} candidates, each with its picture, scrolled at 4,000 pixels a second",
        ("when", "frames", "p50 (ms)", "p99", "longest", f"later than {LONGEST_FRAME:.0f} ms"),
        rows,
    )
    return shares[-1]


if __name__ == "__main__":
    raise SystemExit(main())
