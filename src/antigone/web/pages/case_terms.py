"""Words for what cases keep as short names: purposes, decisions, conclusions, particulars of the dead."""

from __future__ import annotations

from antigone.web.pages.words import mark as _

PURPOSES = {
    "unidentified-deceased": _("Unidentified deceased person"),
    "missing-person": _("Missing person"),
    "detained-person": _("Detained person"),
    "suspect": _("Suspect"),
    "identity-check": _("Identity check"),
    "other": _("Other purpose"),
}
PURPOSE_MEANINGS = {
    "unidentified-deceased": _(
        "Somebody was found dead and nobody knows who it is. Pictures stay blurred until somebody asks to "
        "see them."
    ),
    "missing-person": _("Somebody is missing, and photos of them are searched for."),
    "detained-person": _("Somebody is held, and it is not known who they are or where they came from."),
    "suspect": _(
        "Somebody is suspected of a crime. A supervisor must record an authorisation within 48 hours of the "
        "first search, or the case is locked."
    ),
    "identity-check": _("Somebody is present, and a document or a list has to be compared with them."),
    "other": _("None of these. Say in your own words what for."),
}
SEARCH_KINDS = {
    "search": _("Search"),
    "compare": _("Comparison of two photos"),
    "dossier": _("Dossier"),
    "standing": _("Standing search"),
    "check": _("Check of an identity"),
}
VERDICTS = {
    "potential-match": _("Potential match"),
    "no-match": _("No match"),
    "inconclusive": _("Inconclusive"),
}
STAGES = {
    "first": _("First decision"),
    "second": _("Second decision"),
    "resolution": _("Resolution"),
}
CONCLUSIONS = {
    "identified": _("Identified"),
    "investigative-lead": _("Investigative lead"),
    "not-found": _("Not found"),
    "excluded": _("Excluded"),
}
CONCLUSION_MEANINGS = {
    "identified": _(
        "It is established who the person is: by fingerprints, teeth, DNA or a serial number, or by a "
        "decision of a competent authority. A face alone never does that."
    ),
    "investigative-lead": _(
        "Two examiners hold a candidate for a potential match. That is where to look further; it says "
        "nobody's name."
    ),
    "not-found": _("The searches found nobody to look at further."),
    "excluded": _("The persons who came into question are not this person."),
}
IDENTIFIERS = {
    "friction-ridge": _("Fingerprints"),
    "teeth": _("Teeth"),
    "dna": _("DNA"),
    "serial-implant": _("Serial number of an implant"),
}
DID = {
    "opened": _("opened the case"),
    "authorised": _("recorded an authorisation"),
    "added a probe": _("added a probe"),
    "added an exhibit": _("added an exhibit"),
    "noted": _("wrote a note"),
    "searched": _("searched"),
    "decided": _("decided"),
    "concluded": _("proposed a conclusion"),
    "confirmed a conclusion": _("confirmed a conclusion"),
}
AUTHORITY_KINDS = {
    "national-information-bureau": _("National Information Bureau"),
    "central-tracing-agency": _("Central Tracing Agency of the ICRC"),
    "police-liaison": _("Police liaison"),
    "other": _("Another authority"),
}
FIELD_LABELS = {
    "power": _("Power on which the person depends"),
    "service-number": _("Army, regimental, personal or serial number"),
    "surname": _("Surname"),
    "first-names": _("First name or names"),
    "birth-date": _("Date of birth"),
    "identity-card": _("Other particulars on the identity card or disc"),
    "event": _("What befell the person"),
    "event-date": _("Date of capture or death"),
    "event-place": _("Place of capture or death"),
    "health": _("Wounds or illness, or cause of death"),
    "burial-place": _("Place of the grave, or where the remains are kept"),
    "grave-marking": _("How the grave is marked"),
    "effects": _("Effects, money, last will, half of the identity disc"),
    "pm-number": _("Post-mortem number of the body"),
    "found-date": _("Date found"),
    "found-place": _("Place found"),
    "sex": _("Sex"),
    "age": _("Estimated age"),
    "stature": _("Stature"),
    "hair": _("Hair"),
    "eyes": _("Eyes"),
    "marks": _("Marks, scars, tattoos"),
    "clothing": _("Clothing"),
    "face-condition": _("Condition of the face"),
}
CHOICES = {
    "capture": _("capture"),
    "death": _("death"),
    "female": _("female"),
    "male": _("male"),
    "undetermined": _("undetermined"),
    "intact": _("intact"),
    "injured": _("injured"),
    "swollen": _("swollen"),
    "discoloured": _("discoloured"),
    "decomposed": _("decomposed"),
    "burnt": _("burnt"),
    "incomplete": _("incomplete"),
    "skeletal": _("skeletal"),
}
UNITS = {"years": _("years"), "cm": _("cm")}
DATED_BY = {
    "camera": _("the camera says so"),
    "source": _("the source says so"),
    "archive": _("fetched then, hence not newer"),
}
LEFT_OUT = {
    "decided by hand": _("a person decided that it is somebody else"),
    "not alike enough": _("not alike enough"),
    "on a photo beside the person": _("stands beside the person on a photo"),
    "too poor to be told from others": _("too poor to be told from others"),
}
WATCH_ENDS = {
    "stopped": _("somebody stopped it"),
    "cut-off": _("whoever began it was cut off"),
    "no-permission": _("whoever began it may not search any more"),
    "case-closed": _("the case was closed"),
    "case-locked": _("the case is locked"),
    "authority-lapsed": _("the authorisation has lapsed"),
    "no-collection": _("its collections cannot be seen any more"),
}
EXPORTS = {"report": _("report"), "particulars": _("particulars")}
TERMS: dict[str, dict[str, str]] = {
    "purposes": PURPOSES,
    "purpose_meanings": PURPOSE_MEANINGS,
    "kinds": SEARCH_KINDS,
    "verdicts": VERDICTS,
    "stages": STAGES,
    "conclusions": CONCLUSIONS,
    "conclusion_meanings": CONCLUSION_MEANINGS,
    "identifiers": IDENTIFIERS,
    "did": DID,
    "authorities": AUTHORITY_KINDS,
    "labels": FIELD_LABELS,
    "choices": CHOICES,
    "units": UNITS,
    "dated_by": DATED_BY,
    "left_out": LEFT_OUT,
    "exports": EXPORTS,
    "watch_ends": WATCH_ENDS,
}
"""What a template takes as ``terms``."""
