"""Decides what can be decided by rule: whether a refund is due, how bad an outage is, whether the triage was right."""

from workflow import skill

_REFUND_DAYS = 30
_SEVERE_WORDS = ("everyone", "all users", "whole team", "production", "data loss", "nobody can")


@skill(side_effects="pure")
def assess_refund(data):
    """Return whether a refund is due by the 30-day rule, and why."""
    order = data.get("order") or {}
    if not order.get("found"):
        return {"refund": "ask", "why": "the order could not be identified"}
    if order.get("state") == "refunded":
        return {"refund": "no", "why": "it was refunded already"}
    if order["age_days"] <= _REFUND_DAYS:
        return {"refund": "yes", "why": f"the order is {order['age_days']} days old"}
    return {"refund": "no", "why": f"the order is older than {_REFUND_DAYS} days"}


@skill(side_effects="pure")
def rate_severity(data):
    """Return `high` for outages that hit many people or the service itself, else `normal`."""
    text = str(data.get("text") or "").lower()
    codes = (data.get("facts") or {}).get("error_codes") or []
    hits_many = any(word in text for word in _SEVERE_WORDS)
    return {"severity": "high" if hits_many or len(codes) > 1 else "normal", "codes": codes}


@skill(side_effects="pure")
def score_triage(data):
    """Return 1 when the ticket went to the team its label names, else 0; null for a ticket without a label."""
    label = (data.get("input") or {}).get("label")
    output = data.get("output") or {}
    return None if label is None else float(output.get("category") == label)
