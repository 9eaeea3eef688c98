"""The files for runs: a request, certificates, and the folder served by nghttpd."""
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import subprocess
import tempfile
from typing import Iterator

from .request import METHOD, PROTOCOLS, UNARY_RESPONSE, Protocol


@dataclass(frozen=True)
class Workspace:
    folder: Path

    def request_of(self, protocol: Protocol) -> Path:
        return self.folder / f"request-{protocol.name}"

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def fill(self) -> None:
        for protocol in PROTOCOLS.values():
            self.request_of(protocol).write_bytes(protocol.request)
        answer = self.site / METHOD.lstrip("/")
        answer.parent.mkdir(parents=True)
        answer.write_bytes(UNARY_RESPONSE)
        self._make_certificates()

    def _make_certificates(self) -> None:
        """A CA and a certificate for this machine that it signed, with P-256 keys, as is usual."""
        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        (self.folder / "names").write_text("subjectAltName = DNS:localhost, IP:127.0.0.1")
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=benchmark CA")
        openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-out", "cert.pem", "-extfile", "names")


@contextmanager
def workspace() -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory(prefix="freshet-bench-") as folder:
        space = Workspace(Path(folder))
        space.fill()
        yield space
