"""What could not be delivered comes before somebody's eyes; wording is tried out before it is kept."""

from datetime import time

import pytest

from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, RefusedError
from faelles.ground.i18n import Language
from faelles.notices.channels.port import Delivery, Verdict
from faelles.notices.looking import operations as looking
from faelles.notices.looking.model import ReportBounce, WriteToPatron
from faelles.notices.model import ChannelName, Form, kinds
from faelles.notices.planning.operations import say
from faelles.notices.templates import operations as templates
from faelles.notices.templates.model import PreviewNotice, SetTemplate
from faelles.notices.wishes import operations as wishes
from faelles.notices.wishes.model import Wishes
from faelles.people.model import Permission

NO_SUCH_MAILBOX = Delivery(Verdict.REJECTED, detail="smtp_550")


async def undeliverable(post):
    caller = post.library.librarian
    return await post.library.run(lambda tx: looking.undeliverable(tx, caller, after=0, limit=50))


async def failed(post):
    """An overdue notice that the mail server refused for good."""
    reader, item = await post.late(3)
    await post.night()
    post.pigeons[ChannelName.EMAIL].answers = [NO_SUCH_MAILBOX]
    await post.send()
    [line] = await undeliverable(post)
    return reader, item, line


async def change(post, reader, columns: str) -> None:
    await post.library.run(
        lambda tx: tx.execute(f"UPDATE patron SET {columns} WHERE agency_id = $1 AND id = $2", tx.agency, reader.id)
    )


async def test_what_nobody_took_can_be_sent_again_by_another_way(post):
    reader, _, line = await failed(post)
    assert (line.failure, line.kinds) == ("smtp_550", ("overdue_1",))
    await change(post, reader, "email = NULL, phone = '12345678'")
    caller = post.library.librarian
    assert (await post.library.run(lambda tx: looking.resend(tx, caller, line.id))).notices == 1
    assert await undeliverable(post) == []
    assert await post.send() == 1
    assert len(post.pigeons[ChannelName.SMS].carried) == 1


async def test_what_is_sent_again_must_still_be_true(post):
    _, item, line = await failed(post)
    await post.library.take_back(item)
    caller = post.library.librarian
    await post.library.run(lambda tx: looking.resend(tx, caller, line.id))
    assert await post.send() == 0


async def test_it_is_sent_again_once(post):
    _, _, line = await failed(post)
    caller = post.library.librarian
    await post.library.run(lambda tx: looking.resend(tx, caller, line.id))
    with pytest.raises(ConflictError, match="notice_message_not_failed"):
        await post.library.run(lambda tx: looking.resend(tx, caller, line.id))


async def test_where_nothing_reaches_the_patron_it_stays_in_the_queue(post):
    reader, _, line = await failed(post)
    await change(post, reader, "email = NULL")
    with pytest.raises(RefusedError, match="notice_nothing_reaches"):
        await post.library.run(lambda tx: looking.resend(tx, post.library.librarian, line.id))
    assert len(await undeliverable(post)) == 1
    await post.library.run(lambda tx: looking.settle(tx, post.library.librarian, line.id))
    assert await undeliverable(post) == []


async def test_what_comes_back_is_in_the_queue_however_often_it_is_told(post):
    reader, _ = await post.late(3)
    await post.night()
    await post.send()
    caller = post.library.librarian
    [line] = await post.library.run(lambda tx: looking.list_messages(tx, caller, reader.id, before=None, limit=50))
    for _ in range(2):
        await post.library.run(lambda tx: looking.report_bounce(tx, caller, line.id, ReportBounce(detail="5.1.1")))
    [back] = await undeliverable(post)
    view = await post.library.run(lambda tx: looking.show_message(tx, caller, back.id))
    assert [(each.outcome, each.detail) for each in view.tries] == [("accepted", "ok"), ("bounced", "5.1.1")]


async def test_another_divisions_messages_are_not_seen(post):
    reader, _, line = await failed(post)
    library = post.library
    school = library.staff(frozenset({Permission.WORKLIST, Permission.PATRON_VIEW}), division=library.town.schools)
    assert await library.run(lambda tx: looking.undeliverable(tx, school, after=0, limit=50)) == []
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: looking.settle(tx, school, line.id))
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: looking.list_messages(tx, school, reader.id, before=None, limit=50))


async def test_a_protected_address_is_kept_from_who_may_not_see_it(post):
    reader, _, line = await failed(post)
    await change(post, reader, "address_protected = true")
    clerk = post.library.staff(frozenset({Permission.PATRON_VIEW}))
    view = await post.library.run(lambda tx: looking.show_message(tx, clerk, line.id))
    assert (view.recipient, view.text) == (None, None)


async def test_words_by_hand_arrive_and_are_kept_sealed_until_then(post):
    reader = await post.reader()
    library = post.library

    async def write(text: str):
        request = WriteToPatron(branch=library.town.main, text=text, key="1")
        return await library.run(
            lambda tx: looking.write_to_patron(tx, library.librarian, library.keyring, reader.id, request)
        )

    assert [(await write("Du har glemt din paraply.")).notices for _ in range(2)] == [1, 1]
    with pytest.raises(ConflictError, match="idempotency_key_reused"):
        await write("Du har glemt din hat.")
    kept = await library.run(lambda tx: tx.value("SELECT sealed FROM notice WHERE agency_id = $1", tx.agency))
    assert b"paraply" not in kept
    assert await post.send() == 1
    assert "Du har glemt din paraply." in post.mail[0].body


async def come_back(post, reader) -> int:
    """The latest message to the reader was taken, and returned."""
    caller = post.library.librarian
    sent = await post.library.run(lambda tx: looking.list_messages(tx, caller, reader.id, before=None, limit=1))
    await post.library.run(lambda tx: looking.report_bounce(tx, caller, sent[0].id, ReportBounce(detail="5.1.1")))
    return sent[0].id


async def test_words_by_hand_that_came_back_go_by_another_way_and_again_with_their_words(post):
    reader = await post.reader(contact="email street")
    library = post.library
    request = WriteToPatron(branch=library.town.main, text="Du har glemt din paraply.", key="1")
    await library.run(lambda tx: looking.write_to_patron(tx, library.librarian, library.keyring, reader.id, request))
    await post.send()
    message = await come_back(post, reader)
    await post.send()
    assert "paraply" in post.pigeons[ChannelName.LETTER].carried[0].body
    await library.run(lambda tx: looking.resend(tx, library.librarian, message))
    await post.send()
    assert "paraply" in post.mail[1].body


async def test_a_code_that_came_back_is_not_sent_again(post):
    reader, library = await post.reader(), post.library
    kind = kinds()["pin_reset"]
    await library.run(
        lambda tx: say(tx, library.keyring, kind, reader.id, library.town.library, occasion="pin/1", text="4711")
    )
    await post.send()
    message = await come_back(post, reader)
    with pytest.raises(RefusedError, match="notice_message_text_gone"):
        await library.run(lambda tx: looking.resend(tx, library.librarian, message))


async def set_wording(post, body: str, subject: str = "Kom nu") -> None:
    await post.library.run(
        lambda tx: templates.set_template(
            tx,
            post.library.librarian,
            "overdue_1",
            Form.FULL,
            Language.DANISH,
            SetTemplate(subject=subject, body=body),
        )
    )


async def test_an_agencys_own_wording_is_used_until_it_ends(post):
    await set_wording(post, "{% for entry in entries %}{{ entry.title }} mangler!{% endfor %}")
    await post.late(3)
    await post.night()
    await post.send()
    assert (post.subjects, "mangler!" in post.mail[0].body) == (["Kom nu"], True)
    await post.library.run(
        lambda tx: templates.end_template(tx, post.library.librarian, "overdue_1", Form.FULL, Language.DANISH)
    )
    with pytest.raises(NotFoundError, match="notice_template_unknown"):
        await post.library.run(
            lambda tx: templates.end_template(tx, post.library.librarian, "overdue_1", Form.FULL, Language.DANISH)
        )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{{ title }}", "template_unknown_word"),
        ("{{ entry.titel }}", "template_unknown_word"),
        ("{% if entry.concerning %}{{ entry.barn }}{% endif %}Kom nu", "template_unknown_word"),
        ("{% if not entry.title %}{{ entry.titel }}{% endif %}Kom nu", "template_unknown_word"),
        ("{% if %}", "template_malformed"),
        ("{{ ''.__class__.__mro__ }}", "template_construct_not_allowed"),
        ("{{ 'a' * 1000000000 }}", "template_construct_not_allowed"),
        ("{% for a in entries %}{% for b in entries %}x{% endfor %}{% endfor %}", "template_loop_not_allowed"),
        ("{% for a in range(10) %}x{% endfor %}", "template_loop_not_allowed"),
        ("{{ " + "not " * 200 + "name }}", "template_too_deep"),
        ("{{ " + "(" * 400 + "name" + ")" * 400 + " }}", "template_too_deep"),
        ("{% if name %}" * 60 + "x" + "{% endif %}" * 60, "template_too_deep"),
        ("{{ entry }}", "template_prints_no_text"),
        ("{{ name.upper }}", "template_prints_no_text"),
        ("{% if count == 1 %}{{ nope }}{% endif %}", "template_unknown_word"),
        ("{% macro a() %}{% endmacro %}", "template_construct_not_allowed"),
        ("{{ entry|attr('x') }}", "template_construct_not_allowed"),
    ],
)
async def test_wording_that_cannot_be_used_is_not_kept(post, body, code):
    with pytest.raises(InvalidRequestError) as refused:
        await set_wording(post, body)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert "object" not in str(refused.value.problems)


async def test_a_permission_in_one_division_is_not_enough_for_the_agencys_wording(post):
    library = post.library
    clerk = library.staff(frozenset({Permission.AGENCY_EDIT}), division=library.town.library)
    request = SetTemplate(body="x")
    with pytest.raises(ForbiddenError):
        await library.run(
            lambda tx: templates.set_template(tx, clerk, "overdue_1", Form.FULL, Language.DANISH, request)
        )


async def test_wording_is_tried_out_on_what_a_patron_really_has(post):
    reader, _ = await post.late(3)
    caller = post.library.librarian
    request = PreviewNotice(kind="overdue_1", patron=reader.id, body="{{ name }}: {{ entry.days_overdue }} dage")
    seen = await post.library.run(lambda tx: templates.preview(tx, caller, request))
    assert "Søren Låner: 3 dage" in seen.text
    assert not seen.is_made_up
    assert await post.states() == []
    # Nothing of the reader's is due soon: what is overdue is no sample of it.
    soon = PreviewNotice(kind="due_soon", patron=reader.id)
    assert (await post.library.run(lambda tx: templates.preview(tx, caller, soon))).is_made_up


async def test_wording_is_tried_out_on_something_made_up_where_there_is_nothing(post):
    seen = await post.library.run(
        lambda tx: templates.preview(
            tx, post.library.librarian, PreviewNotice(kind="hold_ready", form=Form.SHORT, language=Language.ENGLISH)
        )
    )
    assert (seen.is_made_up, "is ready at" in seen.text, "31 December 2027" in seen.text) == (True, True, True)


@pytest.mark.parametrize(
    "wished",
    [Wishes(kinds={"no_such_kind": True}), Wishes(quiet_from=time(22))],
)
async def test_wishes_that_cannot_be_are_refused(post, wished):
    reader = await post.reader()
    with pytest.raises(InvalidRequestError):
        await post.library.run(lambda tx: wishes.set_wishes(tx, post.library.librarian, reader.id, wished))


async def test_wishes_are_kept(post):
    reader = await post.reader()
    wished = Wishes(digest=True, kinds={"loan_receipt": True})
    caller = post.library.librarian
    await post.library.run(lambda tx: wishes.set_wishes(tx, caller, reader.id, wished))
    assert await post.library.run(lambda tx: wishes.show_wishes(tx, caller, reader.id)) == wished
