"""The demo's site files, with a comment for every key that a site file may have."""

from multisite.demo.hospitals import Hospital, StoreFolder
from multisite.demo.layout import store_folder, table_folder
from multisite.demo.s3_server import ACCESS_KEY_VARIABLE, ENDPOINT_VARIABLE, SECRET_KEY_VARIABLE
from multisite.demo.tables import table_columns
from multisite.schemas.site_tables import CASES, DEPLOYMENT, EVENTS, PREDICTIONS, READINGS

__all__ = ["site_yaml"]

_TABLE_COMMENTS = {
    CASES.name: "One row per case: who, which study, which split.",
    READINGS.name: "One row per reading of a case: who read it, and what they said. It makes the reference standard.",
    PREDICTIONS.name: "One row per case, finding and model: the score.",
    DEPLOYMENT.name: "One row per study in routine use: the score. Needed for drift only.",
    EVENTS.name: "Updates, new devices and the like; in the window of a planned one what it changes alarms nobody.",
}


def site_yaml(hospital: Hospital, data: str, *, s3: bool) -> str:
    """The text of a site file.

    ``data`` is the path from the folder of the site file to the demo's data. With ``s3`` a store that the demo
    serves as S3 is named by its bucket, else by its folder.
    """
    return "".join(
        (
            f"""\
# Site file of {hospital.title}.
#
# It never leaves the site. It says where the site's images and tables are; it names secrets, and never holds them.

# Short identifier, used in every table and in the report. Lower-case letters, digits, - and _.
site: {hospital.id}
title: {hospital.title}

# Identifiers are replaced by keyed pseudonyms the moment they are read. The key is in this environment variable, on the
# machine that reads the images: 16 characters or more, the same in every run. The demo sets a key that is no secret.
pseudonym_key_env: {hospital.key_variable}

# Where the DICOM objects are; their names and folders do not matter, and everything below is looked at, archives (.zip,
# .tar, .tar.gz) included. A site that has headers in a table instead of images brings it as `tables.series`.
#   url   a folder (relative to this file), s3://bucket/prefix, or any other URL that fsspec knows; or an image archive
#         that speaks DICOMweb, as dicomweb+https://host/path, with `credentials` as `token_env`, or as `user_env` and
#         `password_env`, and `concurrency` for the most requests that a process may have in flight there
stores:
""",
            *(_store(hospital, store, data, s3=s3) for store in hospital.stores),
            """
# The site's own tables: CSV with a header line, or Parquet.
#   path         relative to this file
#   columns      our name: the site's name, for columns that are called differently; others keep their names
#   date_format  how dates are written in text, as in Python's strftime; 2023-12-31 if left out
tables:
""",
            *(_table(hospital, table, data) for table in _TABLE_COMMENTS),
            f"""
# Who is told of each month's verdict. Mails are sent by `multisite monitor --send` only; the demo's go nowhere.
#   server      the hospital's mail server; `security` is starttls, tls, or none; user and password are in the variables
#               that `user_env` and `password_env` name; `ca_file`, `timeout_seconds`, `attempts` may be given
#   people      addresses by role; `escalation` says per state (GREY, AMBER-1, AMBER-2, RED, …) whom to `tell`, who is
#               the `owner`, what to do (`act`), `within_working_days`; docs/how-to/monthly-reports.md has the defaults
#   devices     pseudonyms of devices, as printed, and what the hospital calls them; `holidays` are no working days
monthly:
  server: {{host: 127.0.0.1, port: 1025, security: none}}
  sender: multisite@{hospital.id}.example
  people:
    qa_lead: [qa@{hospital.id}.example]
    ai_lead: [ai-lead@{hospital.id}.example]
  escalation: {{}}
  contact: Radiology QA office, extension 4711
  devices: {{}}
  holidays: []
""",
        )
    )


def _store(hospital: Hospital, store: StoreFolder, data: str, *, s3: bool) -> str:
    if not (s3 and store.bucket):
        return f"  - name: {store.name}\n    url: {data}/{store_folder(hospital, store).as_posix()}\n"
    return f"""\
  - name: {store.name}
    url: s3://{store.bucket}
    # Address of an S3 server that is not Amazon's: as `endpoint: https://…`, or the name of an environment variable
    # that holds it. The demo starts a server on this machine, on a free port.
    endpoint_env: {ENDPOINT_VARIABLE}
    region: us-east-1
    # Where the secrets are found, on the machine that reads: the names of environment variables (for temporary keys
    # also `session_token_env`), or `profile: name` of the AWS configuration, or `anonymous: true`.
    credentials:
      access_key_env: {ACCESS_KEY_VARIABLE}
      secret_key_env: {SECRET_KEY_VARIABLE}
"""


def _table(hospital: Hospital, table: str, data: str) -> str:
    habits = hospital.tables
    path = f"{data}/{table_folder(hospital).as_posix()}/{table}{habits.suffix}"
    columns = table_columns(table, habits)
    lines = [f"  # {_TABLE_COMMENTS[table]}", f"  {table}:", f"    path: {path}"]
    if columns:
        lines += ["    columns:", *(f"      {ours}: {theirs}" for ours, theirs in columns.items())]
    if table in (CASES.name, EVENTS.name) and habits.suffix == ".csv":
        lines.append(f'    date_format: "{habits.date_format}"')
    return "\n".join(lines) + "\n"
