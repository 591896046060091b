"""Checks the data of the shipped experiments' quick variants with pandas.

Usage: demo.py RESULTS. The expected values are those of reference runs with
other random numbers; each tolerance is stated beside its
value.
"""

import sys

import pandas

results = sys.argv[1]
wrong = []


def near(what, got, want, tolerance):
    print(f"{what}: {got:.4f}, expected {want} +- {tolerance}")
    if not abs(got - want) <= tolerance:
        wrong.append(what)


hopfield = pandas.read_parquet(results + "/hopfield-capacity-quick/trials")
success = hopfield[hopfield.n == 1000].groupby("alpha").success_fraction.mean()
near("Hopfield, N = 1000, success at alpha = 0.12", success[0.12], 0.991, 0.01)
near("Hopfield, N = 1000, success at alpha = 0.20", success[0.2], 0.033, 0.02)

bms = pandas.read_parquet(results + "/bms-regimes-quick/trials")


def fraction(gamma, sigma, label):
    cell = bms[(bms.gamma == gamma) & (bms.sigma == sigma)]
    return (cell["class"] == label).mean()


near("BMS, gamma 0.5, sigma 2, death", fraction(0.5, 2, "death"), 1, 0)
near("BMS, gamma 0.95, sigma 4, none", fraction(0.95, 4, "none"), 1, 0.15)
sys.exit(len(wrong) > 0)
