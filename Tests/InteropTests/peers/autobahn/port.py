"""Makes Python 3 of the Autobahn test-suite, which is Python 2, and repairs the autobahn it runs on. In the cases a string
stands for bytes; their sources are declared latin-1, so that each character is one byte. `suite.py` does the rest.

Usage: port.py FOLDER_OF_THE_SUITE FOLDER_OF_AUTOBAHN
"""

import pathlib
import re
import sys
from lib2to3.main import main as translate

SUITE, AUTOBAHN = map(pathlib.Path, sys.argv[1:3])
MODULES = ["case", "caseset.py", "fuzzing.py"]


def edit(path, *changes):
    """Replaces each text by another; each must be there."""
    text = path.read_text(encoding="latin-1")
    for old, new in changes:
        if not re.search(old, text):
            raise SystemExit(f"{path} has no {old!r}")
        text = re.sub(old, new, text)
    path.write_text(text, encoding="latin-1")


# Before the translation, which reads each file in its declared encoding.
for case in (SUITE / "case").glob("*.py"):
    text = case.read_text(encoding="latin-1")
    text = re.sub(r"^# *coding=utf-8", "# coding=latin-1", text)
    if re.search("[\x80-\xff]", text) and "coding=latin-1" not in text:
        text = "# coding=latin-1\n" + text
    case.write_text(text.replace("(object, Case, )", "(Case, )"), encoding="latin-1")
if translate("lib2to3.fixes", ["--write", "--nobackups", "--no-diffs", *(str(SUITE / name) for name in MODULES)]):
    raise SystemExit("lib2to3 failed")

(SUITE / "__init__.py").write_text('version = "25.10.1"\n')
# Its reports are pages made by jinja2, which are not needed here.
(SUITE / "report.py").write_text("CSS_COMMON = CSS_DETAIL_REPORT = CSS_MASTER_REPORT = JS_MASTER_REPORT = ''\n")
edit(SUITE / "case" / "__init__.py", (r"(?m)^.*[cC]ase9_9_1.*\n", ""))
edit(SUITE / "case" / "case10_1_1.py", (r"len\(self\.payload\) / self", "len(self.payload) // self"))
edit(AUTOBAHN / "websocket" / "protocol.py", (r"payload_len / len\(payload\)", "payload_len // len(payload)"))
