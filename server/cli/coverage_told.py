"""How answers about camera coverage are written to a terminal."""

from __future__ import annotations

from typing import Any

import click


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def figures(found: dict[str, Any]) -> None:
    """Figures of areas as a table."""
    click.echo(f"{'':<24} cameras  per km²    seen  places  working  roads   near  met")
    for one in found["items"]:
        per_km2 = 0.0 if one["per_km2"] is None else one["per_km2"]
        shares = "  ".join(f"{_share(one[name]):>6}" for name in ("seen1", "places1", "working", "road_seen", "near"))
        met = "yes" if one["met"] else "no"
        click.echo(f"{one['name'][:24]:<24} {one['cameras']:>7} {per_km2:>8.2f}  {shares}  {met}")
    aims = ", ".join(f"{name} {share:.0%}" for name, share in found["targets"].items())
    click.echo(f"{found['met']['n']} of {found['met']['of']} meet the targets ({aims})")


def gaps(found: dict[str, Any]) -> None:
    """The worst gaps."""
    click.echo(f"{_share(found['unseen'])} of the need is out of sight")
    for one in found["items"]:
        name = one["region"]["name"] if one["region"] else ""
        click.echo(
            f"{one['rank']:>3}  {one['cell']}  {one['value']:.3%} of need, {one['seen']:.0%} seen, "
            f"{one['incidents']} incidents, {one['places']} places  {name}"
        )


def surplus(found: dict[str, Any]) -> None:
    """What is watched more than needed."""
    cells, spare, private = (len(found[name]) for name in ("cells", "redundant", "private"))
    click.echo(f"{cells} cells watched beyond need, {spare} cameras to spare, {private} seeing private ground")
    for one in found["cells"]:
        click.echo(f"{one['cell']}  {one['many_m2']} m² in view of {found['many']} or more")
    for one in found["redundant"]:
        click.echo(f"camera {one['id']} {one['name']}: {one['alone']:.1%} of its view is seen by it alone")
    for one in found["private"]:
        arcs = ", ".join(f"{first}-{last}" for first, last in one["arcs"])
        click.echo(f"camera {one['id']} {one['name']}: {one['private_m2']} m² of private ground, mask {arcs}")


def sites(found: dict[str, Any]) -> None:
    """Chosen sites and their bound."""
    for one in found["items"]:
        aim = "" if one["heading_deg"] is None else f" {one['heading_deg']:.0f}°"
        site = f"{one['lat']:.6f} {one['lng']:.6f}  {one['kind']}{aim}"
        click.echo(f"{one['rank']:>3}  {site}  +{one['gain']:.3%}  {_where(one)}")
    click.echo(
        f"need in view {found['seen_before']:.3%} → {found['seen_after']:.3%}; no choice of these "
        f"{found['candidates']} candidates exceeds {found['bound']:.3%}; cost {found['cost']:g}"
    )


def cordons(found: dict[str, Any]) -> None:
    """Cordons and their open crossings."""
    for one in found["cordons"]:
        closed = _share(one["closure"])
        click.echo(f"{one['inwards_m']:g} m inside: {one['seen']} of {one['n']} crossings in view ({closed})")
        for crossing in one["crossings"][:20]:
            seen = "seen" if crossing["seen"] else "open"
            click.echo(f"  {seen}  {crossing['lat']:.6f} {crossing['lng']:.6f}  {crossing['class']} {crossing['road']}")


def outages(found: dict[str, Any]) -> None:
    """Offline, idle and critical cameras."""
    for name in ("offline", "idle"):
        click.echo(f"{len(found[name])} {name}")
        for one in found[name][:20]:
            click.echo(f"  {one['id']:>5} {one['code']} {one['name']}  {one['since'] or ''}")
    click.echo("most critical")
    for one in found["critical"]:
        click.echo(f"  {one['id']:>5} {one['name']}: {one['need']:.3%} of need, {one['alone_m2']} m² alone")


def ledger(found: dict[str, Any]) -> None:
    """Checks of the register."""
    click.echo(f"{found['cameras']} cameras; codes: {found['codes']}")
    if found["datum"]:
        click.echo(f"the sites outside look like {found['datum']} coordinates")
    for check in found["checks"]:
        click.echo(f"{check['code']:<14} {check['n']:>6}")


def proposals(found: dict[str, Any]) -> None:
    """Proposals, and the figures before and after them."""
    for one in found["items"]:
        aim = "" if one["heading_deg"] is None else f" {one['heading_deg']:.0f}°"
        where = f"{one['lat']:.6f} {one['lng']:.6f}"
        click.echo(f"{one['id']:>4}  {one['state']:<9} {where}  {one['kind']}{aim}  {one['name']}  {_where(one)}")
    effect = found["effect"]
    for name, before in effect["before"].items():
        after = effect["after"][name]
        shown = (_share(before), _share(after)) if name != "places" else (before, after)
        click.echo(f"{name:<7} {shown[0]} → {shown[1]}")


def _where(one: dict[str, Any]) -> str:
    """Roads or a key place, community and grid."""
    at = one["at"]
    region, grid = (at[name] or {} for name in ("region", "grid"))
    parts = [" / ".join(at["roads"]) or (at["near"] or ""), region.get("name", ""), grid.get("code", "")]
    return " · ".join(part for part in parts if part)
