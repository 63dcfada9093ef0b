"""The scale of a PPM."""

import math
import unittest

from trainer.calibration import WIDENING, Calibration, fit_calibration


class FitCalibration(unittest.TestCase):
    """b and tau of `tanh((logit - b) / tau)`."""

    def test_finds_the_scale_that_made_the_data(self) -> None:
        """101 logits, each right and wrong as often as b = 1.5 and tau = 4 say."""
        good, bad = [], []
        for i in range(101):
            logit = -10 + i / 5
            rights = round(500 * (1 + math.tanh((logit - 1.5) / 4)))
            good += [logit] * rights
            bad += [logit] * (1000 - rights)
        fitted = fit_calibration(good, bad)
        assert fitted is not None
        self.assertAlmostEqual(fitted[0], 1.5, delta=0.1)
        self.assertAlmostEqual(fitted[1], 4, delta=0.2)

    def test_stays_finite_where_the_sides_separate(self) -> None:
        """Separable data has no maximum of the likelihood."""
        fitted = fit_calibration([5.0, 6.0, 7.0], [-5.0, -6.0, -7.0])
        assert fitted is not None
        self.assertGreater(fitted[1], 0.1)
        self.assertAlmostEqual(fitted[0], 0, places=3)

    def test_is_wide_where_little_is_known(self) -> None:
        """Three solutions a side that part: Platt's targets are 4/5 and 1/5, so |q0| is about 0.6.

        Of three hundred that part the same way it may be sure.
        """
        good, bad = [5.0, 6.0, 7.0], [-5.0, -6.0, -7.0]
        for times, value in ((1, 0.6), (100, 0.99)):
            with self.subTest(times=times):
                fitted = fit_calibration(good * times, bad * times)
                assert fitted is not None
                self.assertAlmostEqual(math.tanh((6 - fitted[0]) / fitted[1]), value, delta=0.06)

    def test_makes_nothing_of_logits_that_say_nothing(self) -> None:
        """Equal logits, and an order that is the wrong way round: all values are next to 0."""
        for good, bad in [([1.0, 1.0], [1.0]), ([0.0, 0.1], [5.0, 6.0])]:
            with self.subTest(good=good, bad=bad):
                fitted = fit_calibration(good, bad)
                assert fitted is not None
                for logit in [*good, *bad]:
                    self.assertLess(abs(math.tanh((logit - fitted[0]) / fitted[1])), 0.03)

    def test_is_none_without_both_sides(self) -> None:
        """Nothing to fit."""
        self.assertIsNone(fit_calibration([], [1.0]))
        self.assertIsNone(fit_calibration([2.0], []))

    def test_is_wider_where_the_model_was_trained_on_it(self) -> None:
        """The slope falls, the zero stays."""
        fitted = Calibration(0.5, 2.0, "training", 7, 4)
        self.assertEqual(fitted.widened(), Calibration(0.5, 2.0 * WIDENING, "training", 7, 4))
        self.assertGreater(WIDENING, 1)


if __name__ == "__main__":
    unittest.main()
