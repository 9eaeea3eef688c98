"""What other programs print is read as they mean it."""
import sys
import tempfile
import unittest
from pathlib import Path

from measure.h2load import parse
from measure.percentiles import percentile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Counters"))
from callgrind import read_profile  # noqa: E402

H2LOAD = """\
finished in 52.50ms, 19047.62 req/s, 620.00KB/s
requests: 1000 total, 1000 started, 1000 done, 998 succeeded, 2 failed, 1 errored, 0 timeout
"""
CALLGRIND = """\
events: Ir
ob=(1) /usr/lib/libc.so.6
fn=(7) malloc
10 5
+2 7
cfn=(8) free
calls=2 0
* 400
ob=(2) program
fn=(9) main
1 3
fn=(8)
2 11
"""


class ReadingTests(unittest.TestCase):
    def test_h2load_tells_time_and_calls(self) -> None:
        result = parse(H2LOAD)
        self.assertAlmostEqual(result.seconds, 0.0525)
        self.assertEqual((result.succeeded, result.failed), (998, 2))

    def test_output_without_a_result_is_an_error(self) -> None:
        with self.assertRaises(RuntimeError):
            parse("starting benchmark...\n")

    def test_a_function_has_its_own_instructions_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "callgrind.out"
            path.write_text(CALLGRIND)
            profile = read_profile(path)
        self.assertEqual(profile.instructions[("/usr/lib/libc.so.6", "malloc")], 12)
        self.assertEqual(profile.instructions[("program", "free")], 11)
        self.assertEqual(profile.total, 26)
        self.assertEqual(((profile - profile) / 2).total, 0)

    def test_a_percentile_is_a_value_that_was_there(self) -> None:
        self.assertEqual([percentile([1, 2, 3, 4], share) for share in (0, 50, 99)], [1, 3, 4])


if __name__ == "__main__":
    unittest.main()
