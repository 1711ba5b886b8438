"""Take the first screen of the report, on a desktop and a phone, light and dark, into docs/.

python tools/screenshots.py     from the stored notebooks, so that no kernel runs
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tests"))
import browser

SCREENS = {"desktop": (1440, 900), "phone": (360, 740)}
COLOURS = 128  # of the palette: the pages are quiet, and a picture then has 20 to 60 kB


def picture(driver: object, page: Path, size: tuple[int, int], scheme: str) -> bytes:
    """Return the first screen of a page as a small PNG."""
    width, height = size
    context = driver.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(page.as_uri())
    shot, small = io.BytesIO(tab.screenshot()), io.BytesIO()
    context.close()
    with Image.open(shot) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = browser.reports(Path(folder)) / browser.OWN / "index.html"
        chromium = playwright.chromium.launch(executable_path=str(browser.CHROMIUM), args=browser.FLAGS)
        for name, size in SCREENS.items():
            for scheme in ("light", "dark"):
                target = paths.ROOT / "docs" / f"{name}-{scheme}.png"
                target.write_bytes(picture(chromium, page, size, scheme))
                print(f"{target.name}: {target.stat().st_size:,} bytes")
        chromium.close()
