"""A real browser for the tests of the report, and axe-core, which finds problems of accessibility."""

import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Page, sync_playwright

from tests.support import missing

AXE = "axe-core@4.14.0"
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
# The shell, which is Chromium without its windows, needs half the CPU time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = ("--disable-gpu", "--disable-quic", "--disable-sync")

# The first of what sticks out on the right. What lies in a region that scrolls does not: it is reached by scrolling the region.
_STICKING_OUT = """() => {
    const edge = document.documentElement.clientWidth;
    const scrolls = one => ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
    const isInside = one => one && (scrolls(one) || one.localName === "svg" || isInside(one.parentElement));
    const found = [...document.body.querySelectorAll("*")]
        .filter(one => one.getBoundingClientRect().right > edge + 1 && !isInside(one.parentElement));
    const page = document.documentElement.scrollWidth;
    return [...(page > edge ? [`the page: ${page} of ${edge} px`] : []),
            ...found.slice(0, 9).map(one => `${one.cloneNode().outerHTML.slice(0, 100)} ${one.textContent.trim().slice(0, 40)}`)];
}"""


@dataclass
class Opened:
    """A page in the browser, with its errors, dialogs and requested addresses."""

    page: Page
    errors: list = field(default_factory=list)
    dialogs: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def __post_init__(self):
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type != "log" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda asked: self.requests.append(asked.url))
        self.page.on("dialog", self._close)

    def _close(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@contextmanager
def started():
    """The browser of this machine; the test is skipped, or fails in CI, if there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing(f"a browser ({', '.join(BROWSERS)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def open_file(browser, path, *, width=1280, color_scheme="light", javascript=True, unfolded=True):
    """Opens a file in a new profile, as a double click on it does, and then its parts; unfolded: False leaves them folded."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=color_scheme, java_script_enabled=javascript
    )
    context.set_default_timeout(10_000)
    opened = Opened(context.new_page())
    opened.page.goto(path.as_uri())
    if unfolded:
        opened.page.locator("details.part").evaluate_all("all => all.forEach(one => { one.open = true; })")
    return opened


def sticking_out(page):
    """The elements that do not fit into the width of the window, one line each."""
    return page.evaluate(_STICKING_OUT)


def axe_source(folder):
    """The source of axe-core from a package kept in the folder; the test is skipped, or fails in CI, without it."""
    package = folder / f"{AXE.replace('@', '-')}.tgz"
    if not package.exists():
        _pack(folder)
    with tarfile.open(package) as opened:
        return opened.extractfile("package/axe.min.js").read().decode()


def _pack(folder):
    npm = shutil.which("npm")
    if npm is None:
        missing("npm")
    command = [npm, "pack", AXE, "--loglevel=error", "--fetch-retries=0"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        missing(f"{AXE} ({str(error.stderr or error).partition(chr(10))[0]})")


def violations(page, axe):
    """The violations that axe-core finds on a page, one paragraph each."""
    page.evaluate(axe)
    found = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", AXE_TAGS)
    assert found["passes"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}\n{node['html'][:200]}\n{node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"][:5]
    ]
