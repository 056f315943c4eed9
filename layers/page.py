"""Layers → page: the pieces of the live page, and the export, one HTML file that opens with no network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from layers import base, style

LANGUAGES = ("zh", "en")


@dataclasses.dataclass(frozen=True)
class Pieces:
    """What the live page puts in its head, where the map stands, and at the end of its body. All is HTML text."""

    head: str
    body: str
    scripts: str


def live(
    settings: Mapping[str, Any],
    layers: Sequence[base.DataLayer] = (),
    *,
    lang: str,
    static_url: str = "/static",
    nonce: str | None = None,
) -> Pieces:
    """The map shell of the live page.

    `body` is `<div id="map">` and data blocks: `#gezhi-map` holds `settings` with `lang` and `palette`, `.gezhi-layer`
    the layers' specs, which name URLs, since data is never inside the live page. `scripts` are plain links, without
    inline code.
    """
    embedded = [layer.spec["id"] for layer in layers if layer.payload is not None or "data" in layer.spec]
    if embedded:
        raise ValueError(f"layers {', '.join(embedded)} hold data; in the live page a layer names a url")
    figure = _figure(settings, layers, title="", lang=lang, static_url=static_url, nonce=nonce)
    return Pieces(figure.header.render(), figure.html.render(), figure.script.render())


def export(
    title: str,
    layers: Sequence[base.DataLayer],
    *,
    lang: str,
    footer: str,
    classification: str,
    settings: Mapping[str, Any] | None = None,
) -> str:
    """One HTML text with everything inside: scripts, styles and data; it opens from file:// with no network.

    `classification` is the sheet's field for 内部资料 or the map approval number and must not be empty. `settings` may
    hold `bbox` [w, s, e, n], `plan` (version text), `date` and `search` (rows of `layers.grids.search_rows`).
    Raises ValueError for an empty classification, an unknown language or a layer that names a URL.
    """
    if not classification.strip():
        raise ValueError("classification is empty: write 内部资料 or the map approval number (审图号)")
    linked = [layer.spec["id"] for layer in layers if "url" in layer.spec]
    if linked:
        raise ValueError(f"layers {', '.join(linked)} name a url; in an export a layer holds its data")
    whole = {**(settings or {}), "title": title, "footer": footer, "classification": classification, "sheet": True}
    figure = _figure(whole, layers, title=title, lang=lang, inline=True, scripts=base.EXPORT_SCRIPTS)
    return str(base.OfflineFigure._template.render(this=figure))


def palette() -> dict[str, Any]:
    """The colours of `layers.style` for scripts: groups by palette index, ramps by name, deviation from low to high."""
    ramps = {name: list(colours) for name, colours in style.RAMPS.items()}
    return {"groups": list(style.GROUPS), "ramps": ramps, "deviation": list(style.DEVIATION), "missing": style.MISSING}


def _figure(
    settings: Mapping[str, Any],
    layers: Sequence[base.DataLayer],
    *,
    title: str,
    lang: str,
    static_url: str = "/static",
    nonce: str | None = None,
    inline: bool = False,
    scripts: tuple[base.Asset, ...] = base.SCRIPTS,
) -> base.OfflineFigure:
    if lang not in LANGUAGES:
        raise ValueError(f"language {lang!r}: want one of {', '.join(LANGUAGES)}")
    ids = [layer.spec["id"] for layer in layers]
    if len(set(ids)) != len(ids):
        raise ValueError(f"layer ids must differ: {', '.join(ids)}")
    page = base.OfflineMap(
        settings={**settings, "lang": lang, "palette": palette()},
        title=title,
        lang=lang,
        static_url=static_url,
        nonce=nonce,
        inline=inline,
        scripts=scripts,
    )
    for layer in layers:
        page.add_child(layer, name=layer.spec["id"])
    page.render()
    root: base.OfflineFigure = page.get_root()
    return root
