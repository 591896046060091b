"""Makes small copies of figures beside this file: python shrink.py FIGURE.png ..."""

import pathlib
import sys

from PIL import Image

for name in sys.argv[1:]:
    figure = Image.open(name).convert("RGB")
    width = 700
    figure = figure.resize((width, round(figure.height * width / figure.width)), Image.LANCZOS)
    path = pathlib.Path(__file__).with_name(pathlib.Path(name).name)
    figure.quantize(48).save(path, optimize=True)
    print(path, path.stat().st_size)
