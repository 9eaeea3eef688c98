"""Drives a headless Chromium by its DevTools protocol, over a pair of pipes: JSON, each value ended by a zero byte. The
browser ends with its pipes, so it outlives neither this process nor a crash of it. Needs Python's own library alone.
"""

import base64
import fcntl
import hashlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import time

PROGRAMS = ("chromium", "chromium-headless-shell", "google-chrome")


class Missing(Exception):
    """There is no Chromium here."""


class Failure(Exception):
    """The browser refused a command, a script threw, or something that was awaited did not come."""


def trust(certificate):
    """The flag by which a browser trusts the key of this certificate (PEM), which no authority that it knows has signed."""
    key = certificate.encode()
    for command in (["x509", "-pubkey", "-noout"], ["pkey", "-pubin", "-outform", "der"]):
        key = subprocess.run(["openssl", *command], input=key, capture_output=True, check=True).stdout
    return "--ignore-certificate-errors-spki-list=" + base64.b64encode(hashlib.sha256(key).digest()).decode()


class Browser:
    def __init__(self, folder, *flags):
        """`folder` is for the profile and the log, and should be fresh."""
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if not program:
            raise Missing("none of these is installed: " + ", ".join(PROGRAMS))
        folder = pathlib.Path(folder)
        (commands, self._commands), (self._answers, answers) = _pipe(), _pipe()
        command = [
            # Root has no sandbox, and neither have most containers; /dev/shm is small there.
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
            f"--user-data-dir={folder / 'profile'}", *flags, "about:blank"]
        self.log = folder / "chromium.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # It reads from 3 and writes to 4.
                ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", *command],
                pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "HOME": str(folder)})
        os.close(commands)
        os.close(answers)
        self._rest, self._count, self._pages = b"", 0, {}

    def page(self, address="about:blank"):
        """A tab that has loaded `address`."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(domain + ".enable")
        page.open(address)
        return page

    @property
    def version(self):
        return self.call("Browser.getVersion")["product"]

    def call(self, method, session=None, within=60, **parameters):
        self._count += 1
        number = self._count
        command = {"id": number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._commands, data) :]
        except BrokenPipeError:
            raise Failure(f"{method}: the browser has ended; {self._last_words()}") from None
        until = time.monotonic() + within
        while True:
            answer = self.receive(until, method)
            if answer.get("id") == number:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self, until, what):
        """The next value; if it is an event, its page has kept it."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0, until - time.monotonic()))
            data = os.read(self._answers, 1 << 20) if ready else None
            if not data:
                why = "nothing came in time" if data is None else "the browser has ended"
                raise Failure(f"{what}: {why}; {self._last_words()}")
            self._rest += data
        value, _, self._rest = self._rest.partition(b"\0")
        value = json.loads(value)
        page = self._pages.get(value.get("sessionId"))
        if page and "method" in value:
            page.events.append(value)
        return value

    def _last_words(self):
        return "its log ends with: " + self.log.read_text(errors="replace")[-500:]

    def stop(self):
        try:
            self.call("Browser.close", within=10)
        except (Failure, OSError):
            pass
        os.close(self._commands)
        os.close(self._answers)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _pipe():
    """Its ends are numbers that the browser's own, 3 and 4, do not meet."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved


class Page:
    def __init__(self, browser, session):
        self.browser, self.session, self.events = browser, session, []

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def open(self, address):
        begun = len(self.events)
        answer = self.call("Page.navigate", url=address)
        if "errorText" in answer:
            raise Failure(f"{address}: {answer['errorText']}")
        self.wait("Page.loadEventFired", since=begun)

    def evaluate(self, script, within=60):
        """The value of an expression, or of its promise."""
        answer = self.browser.call(
            "Runtime.evaluate", self.session, within, expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def until(self, condition, within=20):
        """Waits until an expression is true."""
        self.evaluate(
            f"""new Promise((resolve, reject) => {{
              const end = Date.now() + {within} * 1000;
              const look = () => {{
                if ({condition}) resolve();
                else if (Date.now() > end) reject(new Error("not true in {within} s: " + {json.dumps(condition)}));
                else setTimeout(look, 20);
              }};
              look();
            }})""", within=within + 10)

    def type(self, text):
        """Types into what has the focus, and presses Enter."""
        self.call("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13)

    def wait(self, method, matches=lambda parameters: True, since=0, within=20):
        """The first event of a kind, which may have come before; its parameters."""
        until = time.monotonic() + within
        while True:
            for event in self.events[since:]:
                if event["method"] == method and matches(event["params"]):
                    return event["params"]
            since = len(self.events)
            self.browser.receive(until, method)

    def parameters(self, method):
        """Of all events of a kind so far."""
        self.call("Runtime.evaluate", expression="0")  # what was sent before its answer is here then
        return [event["params"] for event in self.events if event["method"] == method]

    def complaints(self):
        """What a developer would see in the console: errors, warnings, and what scripts did not catch."""
        found = [
            f"{entry['entry']['level']}: {entry['entry']['text']} ({entry['entry'].get('url')})"
            for entry in self.parameters("Log.entryAdded") if entry["entry"]["level"] in ("error", "warning")]
        found += [
            f"console.{entry['type']}: {entry['args']}"
            for entry in self.parameters("Runtime.consoleAPICalled") if entry["type"] in ("error", "warning", "assert")]
        found += [str(entry["exceptionDetails"]) for entry in self.parameters("Runtime.exceptionThrown")]
        return found

    def resize(self, width, height, mobile=False, dark=False):
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
