"""What a program says by mail, for stories that end in somebody's letter box."""

OUT = " {{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}"


def founder_writes(admin, **more):
    """Anna Keller speaks for the program, by day and by night."""
    admin("messages", "SetMessagingPolicy", policy={
        "senders": [{"code": "founder", "name": "Anna Keller", "title": "founder", "address": "anna@shop.example"}],
        "quiet_from_hour": 0, "quiet_until_hour": 0, "cap_messages": 100, "cap_days": 7, "max_age_days": 7,
        "unsubscribe_url": "https://shop.example/unsubscribe", "feedback_url": "https://shop.example/how"} | more)


def template(admin, code, text, purpose="SERVICE"):
    admin("messages", "SetTemplate", template={
        "code": code, "purpose": f"MESSAGE_PURPOSE_{purpose}", "sender": "founder", "default_language": "en",
        "wordings": [{"language": "en", "subject": "For {{member.name}}", "text": text}]})


def agreed(shop, member, *purposes):
    """The member wants mail for these purposes."""
    shop("members", "RecordConsent", member_id=member, source="CONSENT_SOURCE_WEB_FORM", wording_version="1",
         decisions=[{"purpose": f"CONSENT_PURPOSE_{purpose}", "channel": "CONSENT_CHANNEL_EMAIL",
                     "state": "CONSENT_STATE_GRANTED"} for purpose in purposes])
