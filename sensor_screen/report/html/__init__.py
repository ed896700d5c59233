"""The report as one HTML file that needs nothing else to be read."""

from sensor_screen.report.html.page import render_html

__all__ = ["render_html"]
