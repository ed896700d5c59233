"""The report on paper, set by typst: a page with an appendix, or one page of plain words.

Text reaches the templates as JSON and is never read as markup.
"""
