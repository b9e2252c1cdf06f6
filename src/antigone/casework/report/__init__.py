"""The report of a case and the particulars of a dead person, laid out for people outside the unit."""

from antigone.casework.report.content import ReportInput, case_report
from antigone.casework.report.particulars import particulars_card, particulars_document

__all__ = ["ReportInput", "case_report", "particulars_card", "particulars_document"]
