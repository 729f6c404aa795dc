"""Renders the reply that a person would send."""

from workflow import skill

_GREETINGS = {"angry": "We are sorry for the trouble", "happy": "Thank you for your kind words"}
_TEAMS = {"billing": "Billing", "outage": "Operations"}


@skill(side_effects="pure")
def render_reply(data):
    """Return the finished reply with where it goes: `{ticket_id, category, team, priority, subject, body}`."""
    category = data["category"]
    severity = (data.get("assessment") or {}).get("severity")
    return {
        "ticket_id": data["ticket"]["id"],
        "category": category,
        "team": _TEAMS.get(category, "Customer care"),
        "priority": "high" if severity == "high" or data["ticket"]["is_loud"] else "normal",
        "subject": f"Re: {data['ticket']['subject']}",
        "body": _body(data),
    }


def _body(data):
    name = data["ticket"]["customer"] or "customer"
    greeting = _GREETINGS.get(data.get("mood"), "Thank you for writing to us")
    paragraphs = [
        f"Dear {name},",
        f"{greeting}. {_about_order(data.get('order') or {})}".strip(),
        data["draft"],
        "Kind regards\nThe support team",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _about_order(order):
    if not order.get("found"):
        return ""
    return f"Your order {order['order_id']} ({order['total']} {order['currency']}) is {order['state']}."
