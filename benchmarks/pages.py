"""How soon a page can be read on a phone with 400 kbit/s: measured in Chromium, reported, not asserted.

Usage: ``python benchmarks/pages.py _site [--latency 150]``. The site is served with gzip; the browser is
slowed by the DevTools protocol: 400 kbit/s down and up, the latency of each request, and a processor
four times slower, as Lighthouse does for a phone. Each page is loaded three times with an empty cache;
the median is reported.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.conftest import CHROMIUM, Compressing

PAGES = {
    "overview": "index.html",
    "kecamatan, landing": "laporan/curup-tengah/index.html",
    "kecamatan, backlog": "laporan/curup-tengah/backlog.html",
    "kecamatan, visits": "laporan/curup-tengah/visit_effectiveness.html",
}
RATE = 400 * 1000 / 8
SLOWER = 4
OBSERVE = """
window.__m = {fcp: 0, lcp: 0, cls: 0, tbt: 0};
new PerformanceObserver(l => l.getEntries().forEach(e => {
  if (e.name === 'first-contentful-paint') __m.fcp = e.startTime; })).observe({type: 'paint', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => { __m.lcp = e.startTime; }))
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => { if (!e.hadRecentInput) __m.cls += e.value; }))
  .observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => { __m.tbt += Math.max(0, e.duration - 50); }))
  .observe({type: 'longtask', buffered: true});
"""


def measure(browser: Browser, address: str, latency: float) -> dict[str, float]:
    """One load with an empty cache: milliseconds, layout shift, and kilobytes over the wire."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, device_scale_factor=2)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": latency, "downloadThroughput": RATE, "uploadThroughput": RATE,
    })  # fmt: skip
    client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(OBSERVE)
    page.goto(address, wait_until="load", timeout=90_000)
    page.wait_for_timeout(500)
    found = page.evaluate("__m")
    # the contents are readable when the document is parsed and its styles are there
    found["readable"] = page.evaluate(
        "Math.max(__m.fcp, performance.getEntriesByType('navigation')[0].domInteractive)"
    )
    found["load"] = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    found["kB"] = sum(sizes) / 1000
    context.close()
    return dict(found)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--latency", type=float, default=150, help="ms for each request")
    chosen = parser.parse_args()
    handler = partial(Compressing, directory=str(chosen.site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"400 kbit/s, {chosen.latency:.0f} ms, processor {SLOWER}× slower; median of 3 loads\n")
    print("| page | first paint (s) | contents readable (s) | largest paint (s) | blocking (ms) "
          "| layout shift | first load (kB) | all loaded (s) |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, path in PAGES.items():
            address = f"http://127.0.0.1:{server.server_port}/{path}"
            runs = [measure(browser, address, chosen.latency) for _ in range(3)]
            m = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                f"| {name} | {m['fcp'] / 1000:.2f} | {m['readable'] / 1000:.2f} | {m['lcp'] / 1000:.2f} "
                f"| {m['tbt']:.0f} | {m['cls']:.3f} | {m['kB']:.0f} | {m['load'] / 1000:.2f} |",
                flush=True,
            )
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
