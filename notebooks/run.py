"""Executes the notebooks beside this file, without writing to them."""

import pathlib

import nbclient
import nbformat

# Only errors: the kernel warns that it is reached over a local port, which is all a test needs.
ARGUMENTS = ["--log-level=40"]

folder = pathlib.Path(__file__).parent
for path in sorted(folder.glob("*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    if stored:
        raise SystemExit(f"{path.name}: {len(stored)} cells carry outputs; clear them before committing")
    nbclient.NotebookClient(notebook, timeout=120, extra_arguments=ARGUMENTS, resources={"metadata": {"path": str(folder)}}).execute()
    print(path.name, "ran,", sum(cell.cell_type == "code" for cell in notebook.cells), "cells")
