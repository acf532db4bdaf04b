"""Builders and assertions that several tests share."""
