"""The offline map: a Folium map whose every asset is local.

`OfflineMap` writes no script of its own: it lists local files and puts data blocks (`layers.embed`) into the page;
`static/map.js` builds the Leaflet map from them. So the page runs under a content-security policy without inline
scripts, and no outside address can enter: an element that would bring one is refused with `OutsideLink`.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import branca.element
import folium
import folium.map
import jinja2

from layers import embed

PACK_ABOVE_BYTES = 65_536
"""Data longer than this as JSON is packed into a binary block, opened only when its layer is switched on."""

STATIC = Path(__file__).parent / "static"
VENDOR = Path(__file__).parent.parent / "server" / "static" / "vendor"


class OutsideLink(ValueError):
    """An element would make the page ask for something that is not one of our local files."""


class MissingAsset(FileNotFoundError):
    """A local file of the page is not there; the message says how to get it."""


@dataclasses.dataclass(frozen=True)
class Asset:
    """A script or style sheet: its name in the page's table and its path below the static address."""

    name: str
    path: str

    def file(self) -> Path:
        folder, _, name = self.path.partition("/")
        return {"layers": STATIC, "vendor": VENDOR}[folder] / name


STYLES = (Asset("leaflet_css", "vendor/leaflet.css"), Asset("layers_css", "layers/layers.css"))
SCRIPTS = (
    Asset("leaflet", "vendor/leaflet.js"),
    Asset("h3", "vendor/h3-js.umd.js"),
    Asset("raster", "layers/raster.js"),
    Asset("paint", "layers/paint.js"),
    Asset("tiles", "layers/tiles.js"),
    Asset("cells", "layers/cells.js"),
    Asset("hexagons", "layers/hexagons.js"),
    Asset("legend", "layers/legend.js"),
    Asset("symbols", "layers/symbols.js"),
    Asset("features", "layers/features.js"),
    Asset("points", "layers/points.js"),
    Asset("map", "layers/map.js"),
)
EXPORT_SCRIPTS = (*SCRIPTS, Asset("sheet", "layers/sheet.js"))


class DataLayer(folium.map.Layer):  # type: ignore[misc]
    """A map layer that is only data: a JSON block naming its kind, and perhaps a binary block with its cells or, where
    it is long, its data.

    `spec` is what `static/map.js` reads: id, kind, name {zh, en}, group, show, legend, options, and data or url.
    """

    def __init__(self, spec: dict[str, Any], *, payload: bytes | None = None) -> None:
        super().__init__(name=spec["id"], overlay=True, control=True, show=bool(spec.get("show", True)))
        self._name = "DataLayer"
        self._id = str(spec["id"])
        self.spec = dict(spec)
        self.payload = payload
        if payload is not None:
            self.spec["payload"] = f"payload-{self._id}"

    def render(self, **kwargs: Any) -> None:
        """Put the blocks into the figure's body."""
        spec, packed = dict(self.spec), self.payload
        if "data" in spec:
            plain = json.dumps(spec["data"], ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
            if len(plain) > PACK_ABOVE_BYTES:
                del spec["data"]
                spec["payload"], packed = f"payload-{self._id}", plain
        body = self.get_root().html
        if packed is not None:
            body.add_child(Text(embed.binary(f"payload-{self._id}", packed)), name=f"payload-{self._id}")
        block = embed.json_block(f"layer-{self._id}", spec, role="gezhi-layer")
        body.add_child(Text(block), name=f"layer-{self._id}")


class OfflineMap(folium.Map):  # type: ignore[misc]
    """A Folium map from local files only.

    `settings` is the JSON that `static/map.js` starts from (language, bounds, texts). With `inline` the files'
    contents are written into the page, which then carries its own content-security policy and opens from file://;
    otherwise they are linked below `static_url`, each with `nonce` when one is given. Equal input gives equal text.
    """

    def __init__(
        self,
        *,
        settings: dict[str, Any],
        title: str,
        lang: str = "zh",
        static_url: str = "/static",
        nonce: str | None = None,
        inline: bool = False,
        scripts: tuple[Asset, ...] = SCRIPTS,
    ) -> None:
        super().__init__(location=(0.0, 0.0), tiles=None, zoom_start=1)
        self._id = "gezhi"
        self.settings = settings
        self.inline = inline
        self.nonce = nonce
        self.default_js = [(asset.name, f"{static_url}/{asset.path}") for asset in scripts]
        self.default_css = [(asset.name, f"{static_url}/{asset.path}") for asset in STYLES]
        self._assets = {asset.name: asset for asset in (*scripts, *STYLES)}
        OfflineFigure(title=title, lang=lang).add_child(self)

    def add_js_link(self, name: str, url: str) -> None:
        """Refuse: the table of scripts is fixed."""
        raise OutsideLink(f"script {name!r} from {url!r}: the map loads only its own files")

    def add_css_link(self, name: str, url: str) -> None:
        """Refuse: the table of style sheets is fixed."""
        raise OutsideLink(f"style sheet {name!r} from {url!r}: the map loads only its own files")

    def add_child(self, child: Any, name: str | None = None, index: int | None = None) -> OfflineMap:
        """Add a `DataLayer`; any other Folium element would bring links or inline scripts and is refused."""
        if not isinstance(child, DataLayer):
            raise OutsideLink(f"{type(child).__name__}: the map holds only data layers")
        super().add_child(child, name=name, index=index)
        return self

    def render(self, **kwargs: Any) -> None:
        """Fill the figure: assets, the map's element, its settings and the layers' blocks."""
        figure = self.get_root()
        if figure.header._children or figure.script._children:
            raise OutsideLink("the page already holds elements of another map")
        for name, url in self.default_css:
            figure.header.add_child(self._style(name, url), name=name)
        figure.html.add_child(Text('<div id="map" class="gezhi-map"></div>'), name="map")
        figure.html.add_child(Text(embed.json_block("gezhi-map", self.settings)), name="settings")
        for layer in self._children.values():
            layer.render(**kwargs)
        for name, url in self.default_js:
            figure.script.add_child(self._script(name, url), name=name)
        if self.inline:
            figure.csp = _policy(self._assets.values())

    def _style(self, name: str, url: str) -> branca.element.Element:
        if self.inline:
            return Text(f"<style>{source(self._assets[name])}</style>")
        return Text(f'<link rel="stylesheet" href="{html.escape(url)}">')

    def _script(self, name: str, url: str) -> branca.element.Element:
        if self.inline:
            return Text(f"<script>{source(self._assets[name])}</script>")
        nonce = f' nonce="{html.escape(self.nonce)}"' if self.nonce else ""
        return Text(f'<script src="{html.escape(url)}"{nonce}></script>')


class OfflineFigure(branca.element.Figure):  # type: ignore[misc]
    """The HTML document round an `OfflineMap`. Title and language are escaped; nothing is rendered twice."""

    _template = jinja2.Template(
        '<!DOCTYPE html>\n<html lang="{{ this.lang }}">\n<head>\n<meta charset="utf-8">\n'
        '{% if this.csp %}<meta http-equiv="Content-Security-Policy" content="{{ this.csp }}">\n{% endif %}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{{ this.title|e }}</title>\n{{ this.header.render() }}\n</head>\n"
        "<body>\n{{ this.html.render() }}\n{{ this.script.render() }}\n</body>\n</html>\n"
    )

    def __init__(self, *, title: str, lang: str) -> None:
        super().__init__(title=embed.SURROGATE.sub("\ufffd", title))
        self.header._children.clear()
        self.lang = {"zh": "zh-CN", "en": "en"}[lang]
        self.csp = ""


class Text(branca.element.Element):  # type: ignore[misc]
    """Ready text: inserted as a value, so Jinja never reads it."""

    _template = jinja2.Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


@functools.lru_cache(maxsize=32)
def source(asset: Asset) -> str:
    """The text of a script or style sheet as it may stand inside an element of a page without neighbours.

    Links to pictures and source maps beside the file are taken out. Raises MissingAsset and, when the text would end
    its own element, OutsideLink.
    """
    file = asset.file()
    if not file.is_file():
        raise MissingAsset(f"{file} is missing; `python3 -m server` fetches the front-end files")
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    if asset.path.endswith(".css"):
        text = re.sub(r"url\((?!#)[^)]*\)", "none", text)
    if re.search(r"</(script|style)|<!--", text, flags=re.IGNORECASE):
        raise OutsideLink(f"{asset.path} holds text that would end its own element")
    return text.strip()


def _policy(assets: Any) -> str:
    """The policy of a page on its own: its inline scripts and styles by digest, nothing from anywhere."""
    digests: dict[bool, list[str]] = {True: [], False: []}
    for asset in assets:
        digest = base64.b64encode(hashlib.sha256(source(asset).encode("utf-8")).digest()).decode("ascii")
        digests[asset.path.endswith(".js")].append(f"'sha256-{digest}'")
    return (
        f"default-src 'none'; script-src {' '.join(digests[True])}; style-src {' '.join(digests[False])}; "
        "style-src-attr 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
