"""The report on paper, set by typst: a page and an appendix for a clinician, or a page of words.

Text reaches the templates as JSON and is never read as markup.
"""
