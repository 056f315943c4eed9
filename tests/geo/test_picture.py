"""Pictures of cells: the colours that were given stand where the cells are, and the PNG is one."""

import struct
import zlib

import h3.api.basic_int as h3
import numpy as np
import pytest

from geo import cells, errors, picture

MIDDLE = h3.latlng_to_cell(26.4, 111.6, 9)
IDS = cells.disk(MIDDLE, 3)


def test_each_pixel_has_the_colour_of_its_cell_and_what_is_outside_is_paper():
    colours = picture.rgb(["#102030"] * IDS.size)
    made = picture.draw(IDS, colours, width_px=120)
    seen = {tuple(one) for one in made.reshape(-1, 3).tolist()}
    assert seen == {(16, 32, 48), picture.PAPER}
    height, width = made.shape[:2]
    assert tuple(made[height // 2, width // 2]) == (16, 32, 48) and tuple(made[0, 0]) == picture.PAPER
    assert 0.8 < height / width < 1.3


def test_shares_of_the_picture_are_shares_of_the_cells_and_groups_have_a_line_between_them():
    lats, lngs = cells.centres(IDS)
    west = lngs < lngs.mean()
    colours = np.where(west[:, None], picture.rgb(["#aa0000"]), picture.rgb(["#0000aa"])).astype(np.uint8)
    plain = picture.draw(IDS, colours, width_px=300).reshape(-1, 3).tolist()
    red, blue = plain.count([170, 0, 0]), plain.count([0, 0, 170])
    assert red / (red + blue) == pytest.approx(west.mean(), abs=0.02)
    lined = picture.draw(IDS, colours, groups=west.astype(int), width_px=300).reshape(-1, 3).tolist()
    assert 300 < lined.count(list(picture.LINE)) < 4_000
    assert lats.size == IDS.size


def test_png_holds_the_pixels():
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    body = picture.png(pixels)
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", body[16:24]) == (3, 2)
    length = struct.unpack(">I", body[33:37])[0]
    raw = zlib.decompress(body[41 : 41 + length])
    assert raw == b"".join(b"\0" + pixels[row].tobytes() for row in range(2))


def test_colours_that_do_not_fit_are_refused():
    with pytest.raises(errors.GeoError):
        picture.draw(IDS, picture.rgb(["#000000"]))
