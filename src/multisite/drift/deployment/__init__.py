"""Routine use at a site: one row per study, what became of every row of the site's table, days, devices and events."""

from multisite.drift.deployment.stage import DEPLOYMENT_STAGE

__all__ = ["DEPLOYMENT_STAGE"]
