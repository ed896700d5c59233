"""The report on paper, set by typst: one page for a clinician and an appendix, or one page of words.

Text reaches the templates as JSON and is never read as markup.
"""
