"""Choosing sites: small worlds with a known best, the integer programme as oracle, and a bound that is a bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from geo import sites
from geo.errors import ProblemError


def best(options: sites.Options, weights: np.ndarray, number: int, budget: float | None = None) -> float:
    """The optimum by HiGHS: binary options x, coverage z ≤ what is chosen, one option a site."""
    count, demands = len(options.indptr) - 1, len(weights)
    covers = csr_array((np.ones(len(options.indices)), options.indices, options.indptr), shape=(count, demands))
    rows = [LinearConstraint(hstack([-covers.T, eye_array(demands)]), -np.inf, 0)]
    rows.append(LinearConstraint(np.r_[np.ones(count), np.zeros(demands)][None], -np.inf, number))
    rows += [
        LinearConstraint(np.r_[options.site == site, np.zeros(demands)][None], -np.inf, 1)
        for site in np.unique(options.site)
    ]
    if budget is not None:
        rows.append(LinearConstraint(np.r_[options.cost, np.zeros(demands)][None], -np.inf, budget))
    found = milp(
        -np.r_[np.zeros(count), weights],
        constraints=rows,
        bounds=Bounds(0, 1),
        integrality=np.r_[np.ones(count), np.zeros(demands)],
    )
    return -float(found.fun)


def instance(seed: int, *, count: int = 40, demands: int = 150) -> tuple[sites.Options, np.ndarray]:
    rng = np.random.default_rng(seed)
    at, where = rng.random((count, 2)), rng.random((demands, 2))
    near = np.hypot(*(at[:, None] - where[None]).transpose(2, 0, 1)) < 0.16
    options = sites.make(
        [np.flatnonzero(row) for row in near], site=np.arange(count) // 2, cost=rng.uniform(1, 4, count)
    )
    return options, rng.exponential(1, demands)


def test_two_sites_that_overlap_are_not_both_taken() -> None:
    options = sites.make([[0, 1, 2], [1, 2, 3], [4]])
    choice = sites.choose(options, [1, 5, 5, 1, 2], number=2)
    assert set(choice.options.tolist()) == {0, 2} or set(choice.options.tolist()) == {1, 2}
    assert choice.value == 13 and choice.gains.sum() == pytest.approx(13) and choice.bound >= 13


def test_one_option_a_site_and_a_budget_hold() -> None:
    options = sites.make([[0], [1], [2, 3]], site=[0, 0, 1], cost=[1, 1, 5])
    assert sites.choose(options, [3, 2, 2, 2], number=3).options.tolist() == [2, 0]
    assert sites.choose(options, [3, 2, 2, 2], budget=4).options.tolist() == [0]
    assert sites.choose(options, [3, 2, 2, 2], number=0).value == 0


def test_over_thirty_instances_the_choice_is_within_one_percent_of_the_best_and_the_bound_above_it() -> None:
    ratios = []
    for seed in range(30):
        options, weights = instance(seed)
        choice, optimum = sites.choose(options, weights, number=6), best(options, weights, 6)
        assert choice.bound >= optimum * (1 - 1e-9) >= choice.value * (1 - 2e-9)
        ratios.append(choice.value / optimum)
    assert min(ratios) >= 0.99


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(3, 15))
def test_under_a_budget_the_bound_holds_and_the_cost_is_kept(seed: int, budget: float) -> None:
    options, weights = instance(seed, count=16, demands=50)
    choice = sites.choose(options, weights, budget=budget)
    assert choice.cost <= budget + 1e-9
    assert choice.bound >= best(options, weights, 16, budget) * (1 - 1e-9)
    assert len(set(options.site[choice.options].tolist())) == len(choice.options)


def test_the_same_call_twice_chooses_the_same() -> None:
    options, weights = instance(5)
    assert (
        sites.choose(options, weights, number=5).options.tolist()
        == sites.choose(options, weights, number=5).options.tolist()
    )


def test_bad_questions_are_refused() -> None:
    options = sites.make([[0]])
    with pytest.raises(ProblemError, match="number of sites or a budget"):
        sites.choose(options, [1.0])
    with pytest.raises(ProblemError, match="not negative"):
        sites.choose(options, [-1.0], number=1)
    with pytest.raises(ProblemError, match="outside"):
        sites.choose(sites.make([[3]]), [1.0], number=1)
