"""Tables, aims and the chart say what was measured."""
import unittest
from xml.etree import ElementTree

from measure.aims import AIMS, Aim, Side, Verdict
from measure.cases import CASES
from measure.chart import PANELS, chart
from measure.figure import Better, Figure
from measure.libraries import CPP, FRESHET, NGHTTPD
from measure.results import Results
from measure.table import aims_table, missing_lines, number, tables

FIGURE = Figure("plain-10x100-cpu", "CPU of a call", "µs")


def results() -> Results:
    results = Results([FRESHET, NGHTTPD, CPP])
    for number, (own, peer) in enumerate(((3, 30), (9, 10), (5, 20))):
        results.add(FIGURE, FRESHET, number, own)
        results.add(FIGURE, CPP, number, peer)
    results.add(FIGURE, CPP, 3, 20)
    results.add_missing(FIGURE, NGHTTPD, "it rains")
    return results


class ReportingTests(unittest.TestCase):
    def test_numbers_have_three_digits(self) -> None:
        self.assertEqual([number(value) for value in (0.01234, 1, 12.345, 999.4, 999.7, 1_234_567)],
                         ["0.0123", "1.00", "12.3", "999", "1,000", "1,230,000"])

    def test_a_row_has_medians_spread_and_the_median_of_the_rounds_ratios(self) -> None:
        row = tables(results()).splitlines()[-1]
        self.assertEqual([cell.strip() for cell in row.strip("|").split("|")],
                         ["CPU of a call, µs", "5.00 (3.00–9.00)", "–", "20.0 (10.0–30.0)", "–", "0.250"])

    def test_a_dash_has_its_reason(self) -> None:
        self.assertEqual(missing_lines(results()), ["– nghttpd: it rains (CPU of a call)"])

    def test_aims_are_met_missed_or_unknown(self) -> None:
        def verdict(side: Side, bound: float, peer=CPP) -> Verdict:
            return Aim(FIGURE.key, side, bound, peer).verdict(results())

        self.assertEqual(verdict(Side.AT_MOST, 0.25), Verdict.MET)
        self.assertEqual(verdict(Side.AT_MOST, 0.24), Verdict.MISSED)
        self.assertEqual(verdict(Side.AT_LEAST, 0.26), Verdict.MISSED)
        self.assertEqual(verdict(Side.AT_MOST, 5, None), Verdict.MET)
        self.assertEqual(verdict(Side.AT_MOST, 100, NGHTTPD), Verdict.UNKNOWN)
        self.assertIn("≤ 0.3 × gRPC C++", aims_table(results()))

    def test_every_aim_and_panel_has_a_figure(self) -> None:
        known = {figure.key for case in CASES for figure in case.figures}
        self.assertLessEqual({one.key for one in (*AIMS, *PANELS)}, known)

    def test_no_two_figures_share_a_key(self) -> None:
        keys = [figure.key for case in CASES for figure in case.figures]
        self.assertEqual(len(keys), len(set(keys)))

    def test_the_longest_bar_is_the_largest_value(self) -> None:
        drawn = ElementTree.fromstring(chart(results()))
        bars = [float(bar.get("width")) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]
        self.assertEqual(len(bars), 2)
        self.assertAlmostEqual(bars[0] / bars[1], 0.25, places=2)

    def test_more_is_better_for_rates_only(self) -> None:
        for case in CASES:
            for figure in case.figures:
                rate = figure.unit in ("1/s", "GB/s") or figure.key == "many-streams"
                self.assertEqual(figure.better is Better.HIGHER, rate, figure.key)


if __name__ == "__main__":
    unittest.main()
