"""Single incidents, the latest first: for those who may see exact places."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from server.archive import engine, query, sql, values


def latest(
    facts: values.Facts,
    *,
    select: values.Select,
    statuses: Sequence[str] | None = None,
    without: Sequence[str] | None = None,
    named: Sequence[tuple[str, str]] | None = None,
    limit: int = 1_000,
    run: values.Engine = query.DEFAULT,
) -> pa.Table:
    """At most ``limit`` incidents (columns ``sql.EVERY``; corrections with a negative count left out), latest first.

    ``statuses``: only these; ``without``: none of these (no status counts as none of them); ``named``: only these
    (source, external id). Statuses are compared in lower case.
    """
    with query.asked(facts, select, run) as (connection, where, bound):
        terms = [where, "weight > 0"]
        status = "lower(trim(coalesce(status, '')))"
        for mark, words, how in (("s", statuses, "IN"), ("w", without, "NOT IN")):
            if words is not None:
                names = [f"{mark}{number}" for number in range(len(words))]
                bound |= dict(zip(names, words, strict=True))
                terms.append(f"{status} {how} ({', '.join('$' + name for name in names)})")
        if named is not None:
            keys = [pa.array([one[at] for one in named], pa.string()) for at in (0, 1)]
            connection.register("named", pa.table(keys, ["source", "external_id"]))
            terms.append("(source, external_id) IN (SELECT (source, external_id) FROM named)")
        chosen = f"SELECT {sql.EVERY} FROM facts WHERE {' AND '.join(terms)}"
        text = f"{chosen} ORDER BY us DESC, id DESC LIMIT {int(limit)}"
        return engine.fetch(connection, text, bound)
