"""A bot that starts while a channel is not safe goes on, holds it and clears it."""

from bot.domain.audit import Verb
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace


async def test_faces_leave_a_channel_that_became_shared_while_the_bot_was_down(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    assert workplace.pictures_of(cases.ERIK) != []
    workplace.sandbox.workspace.channels[cases.EXAMINERS].is_ext_shared = True
    workplace.bot.workspace.forget()

    await workplace.bot.check()
    await workplace.settle()

    assert workplace.pictures_of(cases.ERIK) == []
    [unsafe] = await workplace.events(Verb.CHANNEL_UNSAFE)
    assert unsafe.subject == cases.EXAMINERS
    messages = workplace.sandbox.workspace.messages
    told = [m for m in messages if m.channel == cases.SUPERVISORS]
    assert any(cases.EXAMINERS in str(m.blocks) for m in told)

    # The rest of the bot is there: the requester takes the request back.
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    assert len(await workplace.events(Verb.REQUEST_WITHDRAWN)) == 1
    workplace.sandbox.workspace.channels[cases.EXAMINERS].is_ext_shared = False
    workplace.bot.workspace.forget()
    workplace.clock.forward(minutes=2)
