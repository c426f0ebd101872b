"""Sphinx: `make docs` renders the pages of this folder and the docstrings into docs/_build."""

import custvalue

project = "custvalue"
author = "the custvalue developers"
copyright = "2026, the custvalue developers"
release = custvalue.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Customer-value metrics", "page_width": "1080px"}
autodoc_typehints = "none"  # the docstrings give types and shapes
numpydoc_show_class_members = False
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]
