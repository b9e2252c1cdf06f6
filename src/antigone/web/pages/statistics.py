"""What one's organisation did in a period, as figures and charts that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query, Request, Response

from antigone.access import Permission
from antigone.casework.statistics import Statistics
from antigone.errors import AntigoneError
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.pages.case_terms import CONCLUSIONS, PURPOSES, STAGES
from antigone.web.pages.days import day_of
from antigone.web.pages.render import render
from antigone.web.pages.words import mark as _

routes = Routes(include_in_schema=False)
_DAYS = 30


KINDS = {
    "search": _("searches of photos"),
    "compare": _("comparisons of two photos"),
    "dossier": _("dossiers"),
    "standing": _("standing searches"),
    "check": _("identity checks"),
}


@routes.allow("GET", "/statistics", Permission.STATISTICS)
def statistics(
    request: Request,
    who: Who,
    office: OfficeHere,
    begins: Annotated[str, Query(alias="from", max_length=40)] = "",
    ends: Annotated[str, Query(alias="to", max_length=40)] = "",
) -> Response:
    """Show the last thirty days, or the days asked for."""
    today = datetime.now(UTC).date()
    first, last, problem = today - timedelta(days=_DAYS - 1), today, None
    try:
        first, last = day_of(begins) if begins else first, day_of(ends) if ends else last
        counted = office.counting.statistics(first, last, by=who)
    except AntigoneError as error:
        problem, first, last = error, today - timedelta(days=_DAYS - 1), today
        counted = office.counting.statistics(first, last, by=who)
    context = {
        "counted": counted,
        "seeded": counted.seeded.document(),
        "charts": _charts(counted),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "problem": problem,
    }
    return render(
        request, "statistics.html.j2", context, who=who, status=problem.http_status if problem else 200
    )


def _charts(counted: Statistics) -> list[dict[str, object]]:
    return [
        _chart(_("Searches"), counted.searches, KINDS),
        _chart(_("Cases opened, by purpose"), counted.cases_opened, PURPOSES),
        _chart(_("Decisions"), counted.decisions, STAGES),
        _chart(_("Conclusions in force"), counted.conclusions, CONCLUSIONS),
    ]


def _chart(title: str, counts: Mapping[str, int], words: Mapping[str, str]) -> dict[str, object]:
    rows = [(words.get(name, name), number) for name, number in counts.items()]
    return {"title": title, "rows": rows, "highest": max([number for _, number in rows] + [1])}
