"""Opens the page of a running chat room in headless Chromium, logs in, reads and says something, as two people do.

Usage: page-check.py ADDRESS [--trust CERTIFICATE] [--screenshots FOLDER]
Exit code 0 says that the page did all that, and that the console has no complaint; 3 that there is no Chromium.
"""

import argparse
import pathlib
import secrets
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests/InteropTests/peers"))
import devtools  # noqa: E402

MESSAGES = """[...document.querySelectorAll('#messages li')]
  .map((item) => [item.firstChild.textContent, item.lastChild.textContent])"""


class Check:
    def __init__(self, browser, address, screenshots):
        self.browser, self.address, self.screenshots = browser, address, screenshots
        self.pages = []

    def enter(self, name):
        page = self.browser.page(self.address)
        self.pages.append(page)
        self.picture(page, f"login-{name}")
        page.evaluate("document.querySelector('#login input').focus()")
        page.type(name)
        page.until("!document.querySelector('#post').hidden")
        return page

    def say(self, page, text):
        page.evaluate("document.querySelector('#post input').focus()")
        page.type(text)
        page.until("document.querySelector('#post input').value === ''")

    def see(self, page, name, text):
        page.until(f"({MESSAGES}).some(([name, text]) => name === {name!r} && text === {text!r})")

    def picture(self, page, name, **size):
        if self.screenshots:
            page.resize(**{"width": 900, "height": 640, **size})
            page.screenshot(self.screenshots / f"{name}.png")

    def run(self):
        ada, grace = self.enter("Ada"), self.enter("Grace")
        # The room may remember those of another run.
        number = secrets.token_hex(2)
        hello, answer = f"hello from Chromium {number}: ü <b>&amp;", f"and back {number}"
        self.say(ada, hello)
        self.see(grace, "Ada", hello)
        self.say(grace, answer)
        self.see(ada, "Grace", answer)
        self.picture(ada, "room")
        self.picture(ada, "room-dark", dark=True)
        self.picture(grace, "room-phone", width=390, height=700, mobile=True)
        ada.wait("Network.webSocketCreated", lambda socket: "/chatroom.v1.Chatroom/Talk" in socket["url"])
        status = ada.wait("Network.webSocketHandshakeResponseReceived")["response"]["status"]
        for page in self.pages:
            complaints = page.complaints()
            if complaints:
                raise devtools.Failure(f"the console: {complaints}")
        version = {101: "HTTP/1.1", 200: "HTTP/2"}[status]
        print(f"{self.browser.version} over {version}: two pages have logged in and talked; the console is empty")
        for name, text in ada.evaluate(MESSAGES)[-2:]:
            print(f"{name}: {text}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("address")
    options.add_argument("--trust", help="the server's certificate")
    options.add_argument("--screenshots", type=pathlib.Path, help="a folder for pictures of the page")
    options = options.parse_args()
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    flags = [devtools.trust(pathlib.Path(options.trust).read_text())] if options.trust else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            browser = devtools.Browser(folder, *flags)
        except devtools.Missing as reason:
            print(reason)
            sys.exit(3)
        try:
            Check(browser, options.address, options.screenshots).run()
        finally:
            browser.stop()


main()
