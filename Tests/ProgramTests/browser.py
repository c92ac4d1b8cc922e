"""A real browser, headless, by its own protocol (https://chromedevtools.github.io/devtools-protocol/).

with Browser(folder) as browser:
    page = browser.open(file, width=390, is_dark=True)
    page.value("document.title")
    page.screenshot(other_file)
"""

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from appliance import wait_for
from websockets.sync.client import connect

PROGRAM = shutil.which("chromium")

# A browser that starts on a busy machine takes its time.
START_SECONDS_MAX = 60


class Browser:
    """One browser with a profile of its own. It may use the network as it likes, so that a page which wants to is seen."""

    def __init__(self, folder: Path):
        self._profile = folder / "profile"

    def __enter__(self) -> "Browser":
        # --no-sandbox: its own sandbox does not work for root, as whom tests may run.
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        command = [PROGRAM, *flags, "--remote-debugging-port=0", f"--user-data-dir={self._profile}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = self._profile / "DevToolsActivePort"
        try:
            wait_for(lambda: port_file.exists() and "\n" in port_file.read_text(), "the browser", START_SECONDS_MAX)
            self._port = port_file.read_text().split()[0]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open(self, file: Path, *, width: int, height: int = 900, is_dark: bool = False, is_print: bool = False) -> "Page":
        """The page once it is loaded, in a tab of its own."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request) as answer:
            address = json.load(answer)["webSocketDebuggerUrl"]
        page = Page(address)
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        page.call("Emulation.setEmulatedMedia", media="print" if is_print else "screen", features=[scheme])
        page.call("Page.navigate", url=file.resolve().as_uri())
        page.wait_until_loaded()
        return page


class Page:
    def __init__(self, address: str):
        self._open = ExitStack()
        self._connection = self._open.enter_context(connect(address, max_size=None))
        self._number = 0
        self.events: list[dict] = []

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_) -> None:
        self.call("Page.close")
        self._open.close()

    def call(self, method: str, **parameters: Any) -> dict:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=START_SECONDS_MAX))
            if message.get("id") == self._number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def wait_until_loaded(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            assert time.monotonic() < deadline, "the page does not load"
            self.call("Runtime.evaluate", expression="0")
            time.sleep(0.02)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    @property
    def requests(self) -> list[str]:
        """The address of everything that the page asked for."""
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    @property
    def complaints(self) -> list[str]:
        """What the browser said of the page: errors, warnings, violations of its policy."""
        names = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in names]

    def screenshot(self, file: Path, width: int, height: int | None = None) -> Path:
        """The page from its top, as high as it is."""
        height = height or min(16_000, self.value("document.scrollingElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        file.write_bytes(base64.b64decode(answer["data"]))
        return file


def kept(name: str, folder: Path) -> Path:
    """Where a screenshot goes: into the folder that SCREENSHOTS names, for who wants to look at it."""
    return Path(os.environ.get("SCREENSHOTS", folder)) / name
