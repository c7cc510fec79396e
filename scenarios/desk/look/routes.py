"""The addresses of this part."""

from __future__ import annotations

from scenarios.desk.look import compare_page, day_pages, downloads, listing, paths_pages, run_page, studies, sweep_pages

ROUTES = [
    *listing.ROUTES,
    *downloads.ROUTES,
    *compare_page.ROUTES,
    *run_page.ROUTES,
    *paths_pages.ROUTES,
    *day_pages.ROUTES,
    *sweep_pages.ROUTES,
    *studies.ROUTES,
]
