"""Checks the built site in Chromium, on a phone and a desktop; needs playwright and a Chromium.

    mkdocs build --strict && python docs/check_site.py site [--pictures FOLDER]

No page may be wider than the screen, no script may fail, nothing may be fetched from elsewhere, pictures must be drawn,
pictures, links and buttons must have labels, text must have sufficient contrast in light and dark mode, the Tab key
must reach the skip link and the search first, and search must find the reference.
CHROMIUM names another browser than the one on the path.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Request, sync_playwright

DEVICES = {"phone in the dark": (390, "slate"), "desktop": (1280, "default")}  # width in pixels and the theme's colours
HEIGHT = 844
PATIENCE = 120_000  # milliseconds, for machines with much else to do

# A page's findings in one of the theme's colours: which it had before, its width, pictures that are not drawn, elements
# without a name for screen readers, and text with less contrast than WCAG's 4.5 to 1 (3 to 1 for large text), one of
# each colour. Transitions to other colours are off, and so is containment, since what is wider than a contained element
# does not widen the page.
LOOK = """async scheme => {
  if (!document.getElementById("still"))
    document.head.insertAdjacentHTML("beforeend",
      "<style id=still>* { transition: none !important; contain: none !important; }</style>");
  const before = document.body.dataset.mdColorScheme;
  document.body.dataset.mdColorScheme = scheme;
  const pictures = [...document.querySelectorAll("article img")];
  const drawn = await Promise.all(pictures.map(one => one.decode().then(() => one.naturalWidth > 0, () => false)));
  const word = one => (one.getAttribute("aria-label") || one.title || one.alt || one.placeholder || one.innerText || "")
    .trim() || [...one.querySelectorAll("img, [aria-label], [title]")].some(inner => word(inner));
  const seen = one => one.checkVisibility({opacityProperty: true, visibilityProperty: true});
  const controls = "a[href], button, input:not([type=hidden]), svg[role=img], article img";
  const unnamed = [...document.querySelectorAll(controls)]
    .filter(one => seen(one) && !word(one) && !one.querySelector("title"))
    .map(one => one.outerHTML.slice(0, 120));

  const parsed = text => text.match(/[\\d.]+/g).map(Number);
  const over = (front, back) => {
    const alpha = front.length > 3 ? front[3] : 1;
    return [0, 1, 2].map(i => front[i] * alpha + back[i] * (1 - alpha));
  };
  const grounds = new Map([[null, [255, 255, 255]]]);
  const ground = one => {
    if (!grounds.has(one)) {
      const own = getComputedStyle(one).backgroundColor, below = ground(one.parentElement);
      grounds.set(one, own === "rgba(0, 0, 0, 0)" ? below : over(parsed(own), below));
    }
    return grounds.get(one);
  };
  const light = colour => {
    const linear = value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
    const [red, green, blue] = colour.map(value => linear(value / 255));
    return .2126 * red + .7152 * green + .0722 * blue;
  };
  const ratios = new Map();  // of the colours of text on each ground
  const ratio = (colour, back) => {
    if (!ratios.has(back)) ratios.set(back, new Map());
    const known = ratios.get(back);
    if (!known.has(colour)) {
      const [high, low] = [light(over(parsed(colour), back)), light(back)].sort((a, b) => b - a);
      known.set(colour, (high + .05) / (low + .05));
    }
    return known.get(colour);
  };
  const written = new Set();  // elements with text of their own
  for (const article of document.querySelectorAll("article")) {
    const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) if (/\\S/.test(texts.currentNode.data)) written.add(texts.currentNode.parentElement);
  }
  const faint = new Map();
  for (const one of written) {
    const style = getComputedStyle(one), color = style.color, back = ground(one);
    const contrast = ratio(color, back);
    if (contrast >= 4.5 || !seen(one) || one.closest("svg") || one.matches(".headerlink")) continue;
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const key = color + " on " + back.map(Math.round);
    if (contrast < least && !faint.has(key))
      faint.set(key, `${one.innerText.slice(0, 30)} is faint, ${contrast.toFixed(2)} to 1: ${key}`);
  }
  return {
    before,
    width: document.documentElement.scrollWidth,
    blank: pictures.filter((_, i) => !drawn[i]).map(one => one.getAttribute("src")),
    unnamed,
    faint: [...faint.values()],
  };
}"""


def pages_of(site: Path) -> list[Path]:
    """All pages except the one for unknown addresses, which only a server can show."""
    return [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]


def faults_of_pages(browser: Browser, site: Path, pictures: Path | None) -> list[str]:
    faults: list[str] = []

    def hear_error(error: object) -> None:
        faults.append(f"a script failed: {error}")

    def hear_request(request: Request) -> None:
        if request.url.startswith("http"):
            faults.append(f"fetched: {request.url}")

    page = browser.new_page(color_scheme="dark")
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", hear_error)
    page.on("request", hear_request)
    devices = list(DEVICES.items())
    page.set_viewport_size({"width": devices[0][1][0], "height": HEIGHT})
    for path in pages_of(site):
        page.goto(path.as_uri())
        for device, (width, scheme) in devices:
            where = f"{path.relative_to(site)} on a {device}"
            if page.viewport_size != {"width": width, "height": HEIGHT}:
                page.set_viewport_size({"width": width, "height": HEIGHT})
            seen = page.evaluate(LOOK, scheme)
            if device == devices[0][0] and seen["before"] != "slate":
                faults.append(f"{path.relative_to(site)} is not dark where dark is preferred")
            if seen["width"] > width:
                faults.append(f"{where}: {seen['width']} pixels wide")
            faults += [f"{where}: {picture} is not drawn" for picture in seen["blank"]]
            faults += [f"{where}: {item} does not say what it is or shows" for item in seen["unnamed"]]
            faults += [f"{where}: {item}" for item in seen["faint"]]
            if pictures:
                name = "-".join(path.relative_to(site).with_suffix("").parts)
                page.screenshot(path=pictures / f"{name}-{device}.png")
        devices.reverse()  # the next page loads on the device that showed this one last
    page.close()
    return faults


def faults_of_keys(browser: Browser, site: Path) -> list[str]:
    """The first elements that the Tab key reaches, and whether they are visible."""
    page = browser.new_page(viewport={"width": 1280, "height": HEIGHT})
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
    page = browser.new_page(viewport={"width": 1280, "height": HEIGHT})
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
