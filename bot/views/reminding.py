"""Reminders: a number, how long it has waited and where it is done; nothing of the case, and no seat."""

from datetime import timedelta

from bot.domain.queue import Reminder, Task, Told
from bot.views.blocks import section
from bot.views.text import Message, counted, fitted, mention

_WAITS: dict[Task, str] = {
    Task.TAKE: "A comparison has waited {time} for an examiner. Take it on its card.",
    Task.SUBMIT: "Your comparison has waited {time} for you to submit it. Go on in its thread, or hand it "
    "back on its card.",
    Task.CONTEXT: "The context check has waited {time} for you. Its card is a direct message to you.",
    Task.RULE: "A review has waited {time} for a ruling. It is on its card.",
    Task.SIGN: "A search for an imminent threat has waited {time} for a supervisor. It is on its card.",
    Task.REPEAT: "A request with a still that was sent before has waited {time} for a decision. It is on its "
    "card.",
    Task.RETRY: "A search that failed has waited {time} to be tried again. It is on its card.",
    Task.ACKNOWLEDGE: "The answer to your request has waited {time} for you to open it. It is on your card.",
}
_FOR_SUPERVISORS: dict[Task, str] = {
    Task.SUBMIT: "A comparison{by} was taken {time} ago and is not submitted. It can be reassigned on its "
    "card.",
    Task.CONTEXT: "The context check{by} has waited {time}.",
    Task.ACKNOWLEDGE: "The answer was sent {time} ago and has not been opened by whoever asked.",
}


def reminder_message(reminder: Reminder, holder: str | None) -> Message:
    """``holder`` is a Slack account; named to supervisors only."""
    task, number = reminder.waiting.task, reminder.waiting.request_id
    words = _WAITS[task]
    if reminder.told is Told.SUPERVISORS:
        words = _FOR_SUPERVISORS.get(task, words)
    by = f" of {mention(holder)}" if holder else ""
    said = words.format(time=waited(reminder.after), by=by)
    return Message(
        f"Request {number}: something waits.",
        (section(f"*{fitted(number, 50)}*\n{said}"),),
    )


def waited(time: timedelta) -> str:
    hours = round(time.total_seconds() / 3600)
    if hours > 72 and hours % 24 == 0:
        return counted(hours // 24, "day")
    return counted(hours, "hour")
