"""What Slack and an Alertmanager are sent, whole."""

from datetime import timedelta

from foresell.monitor.messages import alertmanager_alerts, slack_message
from tests.alerts_made import DAY, alert


def test_slack_is_sent_a_text_for_notices_and_blocks_of_plain_text() -> None:
    assert slack_message(alert("R&D <CPI> has moved", project="a<b")) == {
        "text": "🔴 a&lt;b: the data has drifted (2 alarms)",
        "blocks": [
            {
                "type": "header",
                "text": {
                    "type": "plain_text",
                    "text": "🔴 a<b: the data has drifted (2 alarms)",
                    "emoji": False,
                },
            },
            {
                "type": "section",
                "text": {"type": "plain_text", "text": "• R&D <CPI> has moved", "emoji": False},
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "plain_text",
                        "text": "drift, version 3, since 2026-05-04 03:02 UTC",
                        "emoji": False,
                    }
                ],
            },
        ],
    }


def test_an_alertmanager_is_sent_an_end_that_lies_beyond_the_next_look() -> None:
    assert alertmanager_alerts(alert("CPI has moved", "Store has moved")) == [
        {
            "labels": {
                "alertname": "ForesellDrift",
                "project": "walmart",
                "severity": "warning",
                "subject": "drift",
            },
            "annotations": {
                "summary": "walmart: the data has drifted (2 alarms)",
                "description": "• CPI has moved\n• Store has moved",
                "version": "3",
                "key": "walmart.drift.20260504T030201500000Z",
            },
            "startsAt": "2026-05-04T03:02:01.500Z",
            "endsAt": "2026-05-12T03:02:01.500Z",
        }
    ]


def test_one_that_is_over_has_the_same_labels_and_ended_when_it_was_found_over() -> None:
    over = alert(state="resolved", findings=(), at=DAY + timedelta(hours=1), version=4)
    [sent], [before] = alertmanager_alerts(over), alertmanager_alerts(alert())
    assert sent["labels"] == before["labels"]
    assert (sent["startsAt"], sent["endsAt"]) == (before["startsAt"], "2026-05-04T04:02:01.500Z")
