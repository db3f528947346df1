"""Executes the notebooks beside this file, without writing to them."""

import pathlib

import nbclient
import nbformat
from traitlets.config import Config

# Cells and outputs go over a socket of the file system, not over the network.
CONFIG = Config({"KernelManager": {"transport": "ipc"}})

folder = pathlib.Path(__file__).parent
for path in sorted(folder.glob("*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    if stored:
        raise SystemExit(f"{path.name}: {len(stored)} cells carry outputs; clear them before committing")
    nbclient.NotebookClient(notebook, timeout=120, config=CONFIG, resources={"metadata": {"path": str(folder)}}).execute()
    print(path.name, "ran,", sum(cell.cell_type == "code" for cell in notebook.cells), "cells")
