"""The figures' colours, and the variables of the page's style that replace them in light, dark and print."""

__all__ = ["ACCENT", "ALERT", "BAND", "GRID", "INK", "MUTED", "PAPER", "PASS", "THIN", "VARIABLES"]

INK = "#1b1f23"
MUTED = "#59626b"
GRID = "#dfe3e7"
PAPER = "#ffffff"
BAND = "#d3e3ef"
ACCENT = "#0072b2"
"""Blue of Okabe and Ito."""
ALERT = "#d55e00"
"""Vermillion of Okabe and Ito."""
PASS = "#009e73"
"""Green of Okabe and Ito."""
THIN = "#b37a00"
"""Orange of Okabe and Ito, darkened until it can be read on white."""

VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    PAPER: "--paper",
    BAND: "--band",
    ACCENT: "--accent",
    ALERT: "--alert",
    PASS: "--pass",
    THIN: "--thin",
}
"""Each colour drawn, and the CSS variable that the cleaned SVG refers to in its stead."""
