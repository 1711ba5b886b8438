"""Execute the notebooks and store their outputs, so that nbval has something to compare.

python tools/refresh.py [NOTEBOOK ...]     all notebooks when none is named

Run it after a change that is meant to move numbers; the diff of the notebooks then shows which.
What is written is what Run All and a save in JupyterLab write, to the byte: outputs, no timings, cell ids in
order, and the metadata of `nanospread.core.notebooks.stored`.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from nanospread.core import notebooks, paths

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def refresh(path: Path) -> Path:
    """Execute one notebook in its own folder, as nbval does, and write it back with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    if any("injected-parameters" in cell.metadata.get("tags", []) for cell in notebook.cells):
        raise SystemExit(f"{path.name} carries injected parameters: store the outputs of the defaults only")
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(
        notebook, kernel_name="python3", timeout=900, resources=resources, record_timing=False
    ).execute()
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{path.stem[:2]}-{number:02d}"
        cell.metadata = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
    language = notebook.metadata["language_info"]  # as the kernel told it, just now
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": language})
    nbformat.write(nbformat.from_dict(notebooks.stored(notebook)), path)
    return path


if __name__ == "__main__":
    chosen = [Path(name) for name in sys.argv[1:]] or sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(refresh, chosen):
            print(done.name)
