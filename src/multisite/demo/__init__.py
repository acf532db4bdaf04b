"""A synthetic cohort of fictional hospitals, with faults planted in it that the pipeline has to find.

Belongs here: the simulation of patients, scanners, scores and faults; writing them as DICOM objects, tables
and configuration; and the scoreboard that compares what was planted with what the pipeline's artefacts say.
Does not belong: running the pipeline (``runners``), printing (``cli``), or reading DICOM (``dicom``; the encoder
here only writes). Imported by ``cli`` alone; it sees artefacts as plain frames.
"""

from multisite.demo.configuration import configuration_files, pseudonym_keys, write_configuration
from multisite.demo.generate import Progress, generate
from multisite.demo.plan import DemoPlan
from multisite.demo.planted import Planted
from multisite.demo.s3_server import S3Server, serve_s3
from multisite.demo.scoreboard import Reader, ScoreLine, score
from multisite.demo.staging import StagedDemo, staged_demo

__all__ = [
    "DemoPlan",
    "Planted",
    "Progress",
    "Reader",
    "S3Server",
    "ScoreLine",
    "StagedDemo",
    "configuration_files",
    "generate",
    "pseudonym_keys",
    "score",
    "serve_s3",
    "staged_demo",
    "write_configuration",
]
