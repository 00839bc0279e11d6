# browser.py - headless Chromium, driven over the W3C WebDriver protocol
# SPDX-License-Identifier: Apache-2.0
#
#     with Browser(script=False, width=320, dark=True) as b:
#         b.go(url); b.type("#login", "ada"); b.press("button"); b.shot(path)
#
# https://www.w3.org/TR/webdriver2/ ; standard library only. Everything that the
# browser keeps lies in a temporary folder.

import base64
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.rig import place

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
WAIT_S = 30

# How chromedriver says that the page of an element has gone. Its words for
# one that goes while it is looked at are no error of the standard.
GONE = ("stale element", "does not belong to the document",
        "No node with given id", "Cannot find context",
        "Execution context was destroyed", "no such execution context")


class Browser:
    def __init__(self, script=True, width=1280, height=900, dark=False,
                 lang="en"):
        self.folder = tempfile.mkdtemp(prefix="wg-browser-")
        self.port = place.free_port()
        self.log = open(Path(self.folder) / "driver.log", "wb")
        self.driver = subprocess.Popen(
            [place.tool("chromedriver", "chromium-driver"),
             f"--port={self.port}"], stdout=self.log, stderr=self.log,
            env={**os.environ, "HOME": self.folder, "TMPDIR": self.folder})
        try:
            self.wait()
            self.open(script, width, height, dark, lang)
        except BaseException:
            self.close()
            raise

    def wait(self):
        until = time.monotonic() + WAIT_S
        while True:
            try:
                if self.ask("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                raise place.Advice("chromedriver does not start.")
            time.sleep(0.05)

    def open(self, script, width, height, dark, lang):
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--hide-scrollbars",
                 f"--user-data-dir={self.folder}/profile",
                 f"--window-size={width},{height}", f"--lang={lang}"]
        if dark:
            flags.append("--blink-settings=preferredColorScheme=0")
        prefs = {"intl.accept_languages": lang}
        if not script:
            prefs["profile.managed_default_content_settings.javascript"] = 2
        made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": flags, "prefs": prefs}}}})
        self.session = f"/session/{made['sessionId']}"
        self.do("POST", "/timeouts", implicit=WAIT_S * 1000 // 2)
        self.show(width, "dark" if dark else "light", height)

    def ask(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=WAIT_S)
        link.request(method, path,
                     None if body is None else json.dumps(body),
                     {"Content-Type": "application/json"})
        answer = link.getresponse()
        said = json.loads(answer.read())["value"]
        link.close()
        if answer.status != 200:
            raise AssertionError(f"{path}: {said['message'].splitlines()[0]}")
        return said

    def do(self, method, path, **body):
        return self.ask(method, self.session + path,
                        body if method == "POST" else None)

    def devtools(self, command, **params):
        return self.do("POST", "/goog/cdp/execute", cmd=command,
                       params=params)

    # ---- what somebody does ----

    def show(self, width, theme, height=900):
        """The page in a window of that width, light or dark."""
        # A window is never narrower than 500 pixels; a page may be.
        self.devtools("Emulation.setDeviceMetricsOverride", width=width,
                      height=height, deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": theme}])

    def go(self, url):
        self.do("POST", "/url", url=url)

    @property
    def url(self):
        return self.do("GET", "/url")

    def find(self, css):
        return self.do("POST", "/element", using="css selector",
                       value=css)[ELEMENT]

    def on(self, css, method, verb, **body):
        """To the element that is there, or to the one that takes its place:
        between being found and being used, its page may go."""
        until = time.monotonic() + WAIT_S
        while True:
            try:
                return self.do(method, f"/element/{self.find(css)}/{verb}",
                               **body)
            except AssertionError as why:
                if (not any(gone in str(why) for gone in GONE)
                        or time.monotonic() > until):
                    raise
            time.sleep(0.05)

    def type(self, css, text):
        self.on(css, "POST", "clear")
        self.on(css, "POST", "value", text=text)

    def press(self, css):
        self.on(css, "POST", "click")

    def keys(self, *keys):
        """Key after key, to whatever has the focus."""
        self.do("POST", "/actions", actions=[{
            "type": "key", "id": "k", "actions": [
                {"type": kind, "value": key} for key in keys
                for kind in ("keyDown", "keyUp")]}])

    def text(self, css="main"):
        """What it shows."""
        return self.on(css, "GET", "text")

    def until(self, css, words):
        """Waits for a page that says so: a click does not wait for the next
        page to come."""
        until = time.monotonic() + WAIT_S
        while words not in self.text(css):
            if time.monotonic() > until:
                raise AssertionError(f"{words!r} not in {self.text(css)!r}")
            time.sleep(0.05)

    def until_at(self, end):
        """Waits for a page whose address ends so."""
        until = time.monotonic() + WAIT_S
        while not self.url.endswith(end):
            if time.monotonic() > until:
                raise AssertionError(f"{self.url} does not end in {end!r}")
            time.sleep(0.05)

    def run(self, code, *args):
        """A function body in the page, whether it may have script or not."""
        return self.do("POST", "/execute/sync", script=code, args=args)

    def shot(self, path):
        """The whole page, not only what the window shows."""
        whole = self.devtools("Page.captureScreenshot", optimizeForSpeed=True,
                              captureBeyondViewport=True)
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(whole["data"]))

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()

    def close(self):
        if hasattr(self, "session"):
            try:
                self.do("DELETE", "")
            except (OSError, AssertionError):
                pass
        self.driver.terminate()
        self.driver.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
