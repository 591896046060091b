"""Runs a notebook from its first cell to its last, in a fresh kernel, and prints
the variable `answers` that it ends with, if it has one, as JSON. Its pictures go to a folder.

Usage: run.py NOTEBOOK PICTURES. The environment reaches the notebook; the file stays
as it is.
"""

import base64
import json
import sys
from pathlib import Path

import nbclient
import nbformat

path, pictures = Path(sys.argv[1]), Path(sys.argv[2])
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
notebook.cells.append(nbformat.v4.new_code_cell("import json\nprint(json.dumps(globals().get('answers'), default=float))"))
client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
client.execute()

drawn = 0
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            print(f"{cell.id}: {output.text}", file=sys.stderr)
        picture = output.get("data", {}).get("image/png")
        if picture:
            drawn += 1
            (pictures / f"{path.stem}-{drawn}.png").write_bytes(base64.b64decode(picture))
        elif "text" in output and cell is not notebook.cells[-1]:
            print(output.text, end="", file=sys.stderr)
print(notebook.cells[-1].outputs[0].text, end="")
