"""Make docs/images/report.png of a report, with Chromium or Chrome.

`python docs/scripts/screenshot.py metrics/zh-small.html`
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

IMAGE = Path(__file__).parents[1] / "images" / "report.png"
SIZE = (1200, 860)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def take(page, image):
    """Write the top of a page as a PNG of few colours."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("No Chromium found: install it, or put it on the path.")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder, "shot.png")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        size = "--window-size={},{}".format(*SIZE)
        command = [browser, *options, size, f"--screenshot={shot}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        with Image.open(shot) as picture:
            picture.convert("RGB").quantize(64).save(image, optimize=True)


if __name__ == "__main__":
    take(Path(sys.argv[1]), IMAGE)
