"""docs/ -> HTML: Markdown, the notebooks as they are stored, and the reference from docstrings."""

from importlib import metadata

project = "nanospread"
author = "the nanospread authors"
release = metadata.version("nanospread")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["**/.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nb_execution_mode = "off"  # pages show what CI compared, not what this machine would compute
suppress_warnings = ["mystnb.unknown_mime_type"]  # the numbers behind a figure travel in a type of ours
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "alabaster"
html_theme_options = {"description": "One macro influencer or many nano influencers, with honest odds."}
html_static_path: list[str] = []
html_show_sourcelink = False
