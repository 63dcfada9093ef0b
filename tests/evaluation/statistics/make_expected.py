"""Writes expected.json: values of scipy and statsmodels that lib/evaluation must reproduce.

In an environment with scipy 1.17.1 and statsmodels 0.15.0, from this folder:

    python make_expected.py > expected.json && deno fmt expected.json
"""

import json
from itertools import combinations
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint


def quantiles() -> list[dict[str, float]]:
    """Normal quantiles."""
    probabilities = [0.001, 0.025, 0.2, 0.5, 0.8, 0.95, 0.975, 0.995]
    return [{"p": p, "value": stats.norm.ppf(p)} for p in probabilities]


def wilson() -> list[dict[str, float]]:
    """Wilson intervals, at the ends and with successes that are not whole."""
    rows = []
    for successes, trials, level in [
        (0, 30, 0.95),
        (15, 30, 0.95),
        (30, 30, 0.95),
        (1, 1, 0.95),
        (450, 500, 0.9),
        (3, 40, 0.99),
        (12.5, 31.7, 0.95),
    ]:
        low, high = proportion_confint(successes, trials, alpha=1 - level, method="wilson")
        rows.append(
            {
                "successes": successes,
                "trials": trials,
                "level": level,
                "low": float(low),
                "high": float(high),
            }
        )
    return rows


def clustered(generator: np.random.Generator) -> list[dict[str, Any]]:
    """Standard errors of a mean: OLS on a constant, covariance robust to clusters, G/(G - 1)."""
    rows = []
    for problems, clusters in [(40, 40), (60, 7), (25, 2)]:
        values = generator.binomial(8, 0.4, problems) / 8
        groups = (
            generator.integers(0, clusters, problems)
            if clusters < problems
            else np.arange(problems)
        )
        fit = sm.OLS(values, np.ones(problems)).fit(
            cov_type="cluster",
            cov_kwds={"groups": groups, "df_correction": False, "use_correction": False},
        )
        present = len(set(groups.tolist()))
        error = float(fit.bse[0]) * (present / (present - 1)) ** 0.5
        rows.append({"values": values.tolist(), "clusters": groups.tolist(), "error": error})
    return rows


def mcnemars() -> list[dict[str, Any]]:
    """Exact McNemar tests."""
    rows = []
    for first, second in [
        (0, 0),
        (0, 5),
        (0, 6),
        (1, 9),
        (10, 3),
        (25, 10),
        (40, 20),
        (700, 640),
        (1500, 0),
    ]:
        p = (
            1.0
            if first + second == 0
            else float(mcnemar([[3, first], [second, 4]], exact=True).pvalue)
        )
        rows.append({"onlyFirst": first, "onlySecond": second, "p": p})
    return rows


def holms() -> list[dict[str, list[float]]]:
    """Holm corrections."""
    families = [[0.01], [0.04, 0.01, 0.03], [0.5, 0.5, 0.001, 0.02, 0.02, 0.9], [0.0, 1.0, 0.2]]
    return [{"raw": f, "corrected": multipletests(f, method="holm")[1].tolist()} for f in families]


def detectable() -> dict[str, list[dict[str, float]]]:
    """Effect sizes of z tests at a power, times the deviation."""
    paired = []
    for problems, deviation, alpha, power in [
        (500, 0.3, 0.05, 0.8),
        (30, 0.5, 0.05, 0.8),
        (2000, 0.38, 0.01, 0.9),
    ]:
        effect = NormalIndPower().solve_power(
            None, nobs1=problems, alpha=alpha, power=power, ratio=0
        )
        paired.append(
            {
                "problems": problems,
                "deviation": deviation,
                "alpha": alpha,
                "power": power,
                "value": effect * deviation,
            }
        )
    unpaired = []
    for first, second, deviation in [(500, 500, 0.49), (1319, 500, 0.4)]:
        effect = NormalIndPower().solve_power(
            None, nobs1=first, alpha=0.05, power=0.8, ratio=second / first
        )
        unpaired.append(
            {"first": first, "second": second, "deviation": deviation, "value": effect * deviation}
        )
    return {"paired": paired, "unpaired": unpaired}


def bootstrap(generator: np.random.Generator) -> list[dict[str, Any]]:
    """Percentile intervals of so many draws that their own noise is far below the tolerance."""
    rows = []
    for problems in (30, 200):
        first = generator.binomial(4, 0.6, problems) / 4
        second = np.clip(first + generator.choice([-0.25, 0, 0, 0.25, 0.5], problems), 0, 1)
        single = stats.bootstrap(
            (first,), np.mean, n_resamples=200_000, method="percentile", rng=generator, batch=2000
        )
        paired = stats.bootstrap(
            (first - second,),
            np.mean,
            n_resamples=200_000,
            method="percentile",
            rng=generator,
            batch=2000,
        )
        rows.append(
            {
                "first": first.tolist(),
                "second": second.tolist(),
                "interval": [float(v) for v in single.confidence_interval],
                "difference": [float(v) for v in paired.confidence_interval],
            }
        )
    return rows


def one_sided(differences: np.ndarray, shift: float) -> float:
    """Chance, over all signs, of a mean as large as found, if the shift is the truth."""
    test = stats.permutation_test(
        (differences - shift,),
        np.mean,
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    )
    return float(test.pvalue)


def low_end(differences: np.ndarray) -> float:
    """Smallest shift that the one-sided test at 2.5 % does not refuse."""
    refused, held = -1.0, 1.0
    if one_sided(differences, refused) >= 0.025:
        return refused
    for _ in range(34):
        middle = (refused + held) / 2
        if one_sided(differences, middle) >= 0.025:
            held = middle
        else:
            refused = middle
    return held


def sign_flips() -> list[dict[str, Any]]:
    """Tests by all signs of few differences, and their inversion."""
    rows = []
    for differences in [
        [1, 1, 1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 1, -1, 0, 0, 0],
        [1, 1, 1, -1, -1, 0, 0, 0, 0, 0],
        [-1, -1, -1, -1, -1, -1, -1, 0],
        [0.5, 0.25, 0.75, 0.25, -0.25, 0.5, 0.0, 0.125, 0.0, 0.25, 0.5],
        [0.25, -0.125, 0.5, -0.75, 0.0, 0.0, 0.375, -0.5, 0.125],
    ]:
        found = np.array(differences, dtype=float)
        p = stats.permutation_test(
            (found,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
        ).pvalue
        rows.append(
            {
                "differences": found.tolist(),
                "p": float(p),
                "interval": [low_end(found), -low_end(-found)],
            }
        )
    return rows


def votes(generator: np.random.Generator) -> list[dict[str, Any]]:
    """Majority, best-of-k and pass@k by going through every choice of k samples."""
    rows = []
    for samples, answers in [(6, 2), (8, 3), (9, 5), (10, 4)]:
        drawn = [int(a) for a in generator.integers(-1, answers, samples)]
        scores = [float(s) for s in generator.permutation(samples)]
        for k in range(1, samples + 1):
            majority, best, passed = [], [], []
            for chosen in combinations(range(samples), k):
                counts = {
                    a: sum(drawn[i] == a for i in chosen)
                    for a in {drawn[i] for i in chosen}
                    if a >= 0
                }
                top = max(counts.values(), default=0)
                winners = [a for a, c in counts.items() if c == top]
                majority.append(winners.count(0) / len(winners) if winners else 0.0)
                best.append(float(drawn[max(chosen, key=lambda i: scores[i])] == 0))
                passed.append(float(any(drawn[i] == 0 for i in chosen)))
            rows.append(
                {
                    "answers": drawn,
                    "scores": scores,
                    "k": k,
                    "majority": float(np.mean(majority)),
                    "best": float(np.mean(best)),
                    "pass": float(np.mean(passed)),
                }
            )
    return rows


def main() -> None:
    """Prints all expected values as one JSON document."""
    generator = np.random.default_rng(20240601)
    document = {
        "quantiles": quantiles(),
        "wilson": wilson(),
        "clustered": clustered(generator),
        "mcnemar": mcnemars(),
        "holm": holms(),
        "detectable": detectable(),
        "bootstrap": bootstrap(generator),
        "signFlips": sign_flips(),
        "votes": votes(generator),
    }
    print(json.dumps(document, separators=(",", ":")))


if __name__ == "__main__":
    main()
