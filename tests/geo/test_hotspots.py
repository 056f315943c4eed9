"""Hot spots: the published statistic, no more false discoveries than promised, and classes with known histories."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from geo import adjacency, cells, errors, hotspots

MIDDLE = h3.latlng_to_cell(26.4, 111.6, 9)
IDS = cells.disk(MIDDLE, 8)
GRAPH = adjacency.build(IDS)
AT = int(cells.positions(IDS, np.array([MIDDLE], np.uint64))[0])
SPOT = cells.positions(IDS, cells.disk(MIDDLE, 1))


def by_definition(x, *, star):
    """Ord and Getis (1995), term by term with a dense matrix."""
    n = x.size
    w = np.zeros((n, n))
    w[np.repeat(np.arange(n), np.diff(GRAPH.indptr)), GRAPH.indices] = 1
    if star:
        w += np.eye(n)
    z = np.empty(n)
    for i in range(n):
        others = np.ones(n, bool) if star else np.arange(n) != i
        y, wi = x[others], w[i, others]
        m = y.size
        spread = np.sqrt((m * (wi**2).sum() - wi.sum() ** 2) / (m - 1))
        z[i] = (wi @ y - y.mean() * wi.sum()) / (y.std() * spread)
    return z


@pytest.mark.parametrize("star", [True, False])
def test_the_statistic_is_that_of_the_paper(star):
    x = np.random.default_rng(1).poisson(3, IDS.size).astype(float)
    found = hotspots.getis_ord(x, GRAPH, star=star)
    assert found.z == pytest.approx(by_definition(x, star=star), abs=1e-9)
    assert found.p == pytest.approx(2 * stats.norm.sf(np.abs(found.z)))


@given(st.floats(-100, 100), st.floats(0.1, 100))
@settings(max_examples=30, deadline=None)
def test_scale_and_level_do_not_matter(level, scale):
    x = np.random.default_rng(2).poisson(3, IDS.size).astype(float)
    z = hotspots.getis_ord(x, GRAPH).z
    assert hotspots.getis_ord(level + scale * x, GRAPH).z == pytest.approx(z, abs=1e-6)
    assert hotspots.getis_ord(-x, GRAPH).z == pytest.approx(-z, abs=1e-9)


def test_even_values_have_no_spots():
    found = hotspots.getis_ord(np.full(IDS.size, 4.0), GRAPH)
    assert (found.z == 0).all()
    assert (found.p == 1).all()


def test_a_planted_spot_is_found_and_nothing_far_away():
    x = np.random.default_rng(3).poisson(5, IDS.size).astype(float)
    x[SPOT] += 20
    found = hotspots.getis_ord(x, GRAPH)
    hot = hotspots.benjamini_hochberg(found.p, 0.05) & (found.z > 0)
    assert hot[SPOT].all()
    near = set(cells.positions(IDS, cells.disk(MIDDLE, 2)).tolist())
    assert set(np.flatnonzero(hot).tolist()) <= near


def test_false_discoveries_stay_below_the_stated_rate():
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(200):
        p = hotspots.getis_ord(rng.normal(size=IDS.size), GRAPH).p
        found += bool(hotspots.benjamini_hochberg(p, 0.1).any())
    assert found <= 200 * 0.1 + 3 * np.sqrt(200 * 0.1 * 0.9)


def test_benjamini_hochberg_against_scipy():
    p = np.random.default_rng(5).beta(0.3, 2, 500)
    for q in (0.01, 0.05, 0.2):
        assert (hotspots.benjamini_hochberg(p, q) == (stats.false_discovery_control(p) <= q)).all()
    assert not hotspots.benjamini_hochberg(np.ones(5), 0.05).any()
    assert hotspots.benjamini_hochberg(np.zeros(5), 0.05).all()
    with pytest.raises(errors.GeoError):
        hotspots.benjamini_hochberg([0.5, 1.5], 0.05)


def test_mann_kendall_is_kendalls_score_with_ties():
    rng = np.random.default_rng(6)
    series = rng.integers(0, 6, (40, 12)).astype(float)
    found = hotspots.mann_kendall(series)
    for n, row in enumerate(series):
        score = sum(np.sign(row[b] - row[a]) for a in range(12) for b in range(a + 1, 12))
        _, times = np.unique(row, return_counts=True)
        variance = (12 * 11 * 29 - (times * (times - 1) * (2 * times + 5)).sum()) / 18
        assert found.z[n] == pytest.approx((score - np.sign(score)) / np.sqrt(variance))
    assert hotspots.mann_kendall([np.arange(10)]).p[0] < 0.001
    assert hotspots.mann_kendall([np.ones(10)]).z[0] == 0


STEPS = 20
HISTORIES = {
    "hot new": [0] * 19 + [40],
    "hot consecutive": [0] * 14 + [40] * 6,
    "hot intensifying": list(range(20, 60, 2)),
    "hot persistent": [40, 41] * 10,
    "hot diminishing": list(range(60, 20, -2)),
    "hot sporadic": [40, 0, 0, 0, 0] * 3 + [0, 0, 0, 0, 40],
    "hot oscillating": [-40] * 5 + [0] * 5 + [40] * 2 + [0] * 5 + [40] * 3,
    "hot historical": [40] * 18 + [0] * 2,
    "": [0] * 20,
}


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("kind", HISTORIES)
def test_a_planted_history_gets_its_class(kind, side):
    counts = 100 + np.random.default_rng(7).normal(0, 1, (IDS.size, STEPS))
    counts[SPOT] += side * np.array(HISTORIES[kind], float)
    found = hotspots.emerging(counts, GRAPH, lookback=0)
    assert found.kind[AT] == (kind if side == 1 else kind.replace("hot", "cold"))
    far = cells.positions(IDS, np.setdiff1d(IDS, cells.disk(MIDDLE, 3)))
    assert (found.kind[far] == "").mean() > 0.95


def test_drawing_is_the_distribution_of_sums_of_cells_drawn_at_random():
    x = np.random.default_rng(10).choice([0.0, 1.0, 5.0], IDS.size, p=[0.7, 0.2, 0.1])
    p = hotspots.by_drawing(x, GRAPH)
    own = x[AT] + x[GRAPH.indices[GRAPH.indptr[AT] : GRAPH.indptr[AT + 1]]].sum()
    drawn = np.random.default_rng(11).choice(x, (200_000, 7)).sum(axis=1)
    assert p[AT] == pytest.approx(min(1, 2 * min((drawn >= own).mean(), (drawn <= own).mean())), abs=0.01)
    assert (hotspots.by_drawing(np.ones(IDS.size), GRAPH) == 1).all()
    assert hotspots.by_drawing(np.column_stack([x, x]), GRAPH)[:, 1] == pytest.approx(p)


def test_a_single_busy_cell_is_no_spot_by_drawing_but_busy_neighbours_are():
    x = np.zeros(IDS.size)
    x[AT] = 500
    assert hotspots.getis_ord(x, GRAPH).p[AT] < 1e-6 < 0.01 < hotspots.by_drawing(x, GRAPH)[AT]
    x[SPOT] = 500
    assert hotspots.by_drawing(x, GRAPH)[AT] < 1e-6


def test_the_chance_by_the_base_is_that_of_a_poisson_count():
    base = np.random.default_rng(12).uniform(1, 9, IDS.size)
    n = np.random.default_rng(13).poisson(base).astype(float)
    around = np.append(GRAPH.indices[GRAPH.indptr[AT] : GRAPH.indptr[AT + 1]], AT)
    expected = base[around].sum() * n.sum() / base.sum()
    tails = stats.poisson.cdf(n[around].sum(), expected), stats.poisson.sf(n[around].sum() - 1, expected)
    assert hotspots.by_base(n, base, GRAPH)[AT] == pytest.approx(min(1, 2 * min(tails)))


def test_looking_back_joins_a_step_with_the_one_before():
    counts = np.full((IDS.size, 6), 10.0) + np.random.default_rng(8).normal(0, 1, (IDS.size, 6))
    counts[SPOT, 3] += 30
    alone, back = (hotspots.emerging(counts, GRAPH, lookback=k).sign[AT].tolist() for k in (0, 1))
    assert alone == [0, 0, 0, 1, 0, 0]
    assert back == [0, 0, 0, 1, 1, 0]


def test_the_base_takes_out_where_people_are():
    base = np.random.default_rng(9).uniform(10, 1000, IDS.size)
    assert hotspots.excess(base / 10, base) == pytest.approx(np.zeros(IDS.size), abs=1e-9)
    assert hotspots.excess([10, 30], [1, 1]) == pytest.approx([-10 / 20**0.5, 10 / 20**0.5])
    assert hotspots.excess([3, 1], [0, 1])[0] == 0
    with pytest.raises(errors.GeoError):
        hotspots.excess([1], [0])


@pytest.mark.parametrize("values", [np.ones(3), np.full(IDS.size, np.nan)])
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(errors.GeoError):
        hotspots.getis_ord(values, GRAPH)
    with pytest.raises(errors.GeoError):
        hotspots.emerging(np.ones((IDS.size, 1)), GRAPH)
