"""Looks at the built site in Chromium, as a phone and as a desktop show it; needs playwright and a Chromium.

    mkdocs build --strict && python docs/check_site.py site [--pictures FOLDER]

No page may be wider than the screen, no script may fail, nothing may be fetched from elsewhere, pictures must be drawn
and say what they show, the Tab key must reach the way to the text and the search first, and search must find the
reference.
CHROMIUM names another browser than the one on the path.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

WIDTHS = {"phone": 390, "desktop": 1280}


def pages_of(site: Path) -> list[Path]:
    """All pages but the one for addresses that are none, which only a server can show."""
    return [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]


def faults_of_pages(browser: Browser, site: Path, pictures: Path | None) -> list[str]:
    faults: list[str] = []
    for device, width in WIDTHS.items():
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.on("pageerror", lambda error: faults.append(f"a script failed: {error}"))
        page.on("request", lambda request: request.url.startswith("http") and faults.append(f"fetched: {request.url}"))
        for path in pages_of(site):
            where = f"{path.relative_to(site)} on a {device}"
            page.goto(path.as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{where}: {wide} pixels wide")
            for picture in page.query_selector_all("article img"):
                if not picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0, () => false)"):
                    faults.append(f"{where}: {picture.get_attribute('src')} is not drawn")
                if not picture.get_attribute("alt"):
                    faults.append(f"{where}: {picture.get_attribute('src')} does not say what it shows")
            if pictures:
                name = "-".join(path.relative_to(site).with_suffix("").parts)
                page.screenshot(path=pictures / f"{name}-{device}.png")
        page.close()
    return faults


def faults_of_keys(browser: Browser, site: Path) -> list[str]:
    """What the Tab key reaches first, and whether it shows."""
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    page.goto((site / "start.html").as_uri())
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const one = document.activeElement, style = getComputedStyle(one);"
                " return (one.getAttribute('aria-label') || one.textContent).trim() + '|' + style.outlineStyle; })()"
            )
        )
    page.close()
    faults = []
    if not reached[0].startswith("Skip to content"):
        faults.append(f"Tab reaches {reached[0]!r} before the way to the text")
    if not any(text.startswith("Search") for text in reached):
        faults.append(f"Tab does not reach the search: {reached}")
    return faults


def faults_of_search(browser: Browser, site: Path) -> list[str]:
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    page.goto((site / "start.html").as_uri())
    page.keyboard.press("f")
    page.keyboard.type("ForwardAccumulator", delay=20)
    page.wait_for_selector(".md-search-result__item a", timeout=20_000)
    links = page.eval_on_selector_all(".md-search-result__item a", "links => links.map(link => link.href)")
    page.close()
    return [] if any("reference" in link for link in links) else [f"search finds {links}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of every page")
    options = parser.parse_args()
    site = options.site.resolve()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        faults = faults_of_pages(browser, site, options.pictures)
        faults += faults_of_keys(browser, site) + faults_of_search(browser, site)
        browser.close()
    print(*faults, f"{len(faults)} faults on {len(pages_of(site))} pages", sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
