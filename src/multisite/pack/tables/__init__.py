"""Tables of the report: declared as frozen data, rendered by the page's template.

Belongs here: which columns and rows a table has, and how each value is written. Does not belong: markup (``templates``)
and conclusions (``sentences``). Imported by the report's page and figures.
"""
