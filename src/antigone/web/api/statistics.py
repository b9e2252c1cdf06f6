"""What one's organisation did in a period."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from antigone.access import Permission
from antigone.web.gate import OfficeHere, Routes, Who

routes = Routes(tags=["statistics"])


@routes.allow(
    "GET",
    "/statistics",
    Permission.STATISTICS,
    response_model=None,
    responses={200: {"content": {"text/csv": {}, "application/json": {}}}},
)
def statistics(
    who: Who,
    office: OfficeHere,
    begins: Annotated[date, Query(alias="from", description="first day (UTC)")],
    ends: Annotated[date, Query(alias="to", description="last day (UTC)")],
    form: Annotated[Literal["json", "csv"], Query(description="form of the answer")] = "json",
) -> dict[str, Any] | Response:
    """Count searches, people, cases, decisions, conclusions, families informed and errors about seeds."""
    counted = office.counting.statistics(begins, ends, by=who)
    if form == "csv":
        name = f"statistics-{begins}-{ends}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(counted.csv(), media_type="text/csv", headers=headers)
    return counted.document()
