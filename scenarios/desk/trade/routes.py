"""The addresses of the classroom."""

from __future__ import annotations

from scenarios.desk.trade import api, lecturer, student

ROUTES = [*lecturer.ROUTES, *student.ROUTES, *api.ROUTES]
