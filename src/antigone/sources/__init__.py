"""Where photos come from: files, manifests, archives and videos that the operator names. No crawler."""

from antigone.sources.offer import Footage, Met, Offer
from antigone.sources.walk import Found, Plan, Walk, make_plan

__all__ = ["Footage", "Found", "Met", "Offer", "Plan", "Walk", "make_plan"]
