"""The project on disk: a folder of ordinary files and a database that says what they are."""

from studio.project.project import Project
from studio.project.rebuild import check_project
from studio.project.values import AssetRow, Card, Finding, Info, Report, Viewport

__all__ = [
    "AssetRow",
    "Card",
    "Finding",
    "Info",
    "Project",
    "Report",
    "Viewport",
    "check_project",
]
