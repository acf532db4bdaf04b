"""The site file to start from: where images and tables are to be named, and which tables there are."""

from multisite.schemas.site_tables import CASES, PREDICTIONS, SITE_TABLES, SiteTable
from multisite.study.starting.answers import Answers
from multisite.study.starting.yaml_words import comment, scalar

__all__ = ["site_text"]


def site_text(answers: Answers) -> str:
    """The text of the site file; its one store is the folder ``../images/<site>`` beside it."""
    site = scalar(answers.site)
    return f"""\
# The file of one site. It never leaves the site. It says where the site's images and tables are; it names secrets, and
# never holds them. Every further site has a file of its own beside this one.
#
# `multisite init` wrote it. A line with # and a blank explains. One with # and no blank, as #tables:, is not in force:
# take the # away, and that of the lines under it, and write what holds for your site.

# Short identifier, used in every table and in the report; and the name that people know the hospital by.
site: {site}
title: {site}

# Identifiers are replaced by keyed pseudonyms the moment they are read. The key is in this environment variable, on the
# machine that reads the images: 16 characters or more, the same in every run, known to the site alone.
pseudonym_key_env: {answers.key_variable}

# TO DO: where the DICOM objects are. Their names and folders do not matter, and everything below is looked at, archives
# (.zip, .tar, .tar.gz) included. The folder here is an empty one that `multisite init` has made: name yours instead.
#   url   a folder (relative to this file), s3://bucket/prefix, another URL that fsspec knows, or an image archive that
#         speaks DICOMweb, as dicomweb+https://host/path
stores:
  - name: images
    url: ../images/{answers.site}
    # Where the secrets of an object store are found, on the machine that reads: names of environment variables.
    #credentials: {{access_key_env: SITE_ACCESS_KEY, secret_key_env: SITE_SECRET_KEY}}

# TO DO: the site's own tables, CSV with a header line, or Parquet. `multisite cohort` and what follows need
# `{CASES.name}` and `{PREDICTIONS.name}`; the others are for where something asks for them.
#   path         relative to this file
#   columns      our name: the site's name, for columns that are called differently; others keep their names
#   date_format  how dates are written in text, as in Python's strftime; 2023-12-31 if left out
#tables:
{"".join(_table(table, answers.site) for table in SITE_TABLES.values())}
# Who is told of each month's verdict, by `multisite monitor --send` only. Addresses by role; `qa_lead` is needed.
#monthly:
  #server: {{host: mail.hospital.example, port: 587, security: starttls}}
  #sender: multisite@hospital.example
  #people: {{qa_lead: [qa@hospital.example]}}
"""


def _table(table: SiteTable, site: str) -> str:
    required = [column.name for column in table.columns if column.required]
    # Of headers there are dozens; the others are few.
    most = 10
    optional = [column.name for column in table.columns if not column.required][:most]
    more = ", …" if len(table.columns) - len(required) > most else ""
    open_names = "".join(f", {prefix}…" for prefix in table.open_prefixes)
    may = f"; may have: {', '.join(optional)}{more}{open_names}" if optional or open_names else ""
    mapping = '    #columns: {case_id: CaseNumber}\n    #date_format: "%d/%m/%Y"\n' if table is CASES else ""
    return (
        comment(table.description, indent=2)
        + comment(f"Columns: {', '.join(required)}{may}.", indent=2)
        + f"  #{table.name}:\n    #path: ../tables/{site}/{table.name}.csv\n{mapping}"
    )
