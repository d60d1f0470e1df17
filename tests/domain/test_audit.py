"""The audit chain shows every alteration but a cut-off tail, and one event has one text."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from types import MappingProxyType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.audit import (
    GENESIS,
    AuditEntry,
    AuditEvent,
    ChainBroken,
    Verb,
    check_chain,
    digest,
)
from bot.domain.candidates import Conclusion
from tests.builders import NOON, a_chain, an_event

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=3,
)  # fmt: skip
facts = st.dictionaries(st.text(max_size=4), plain, max_size=2)
events = st.builds(
    AuditEvent,
    at=st.datetimes(timezones=st.just(UTC)),
    actor=st.text(max_size=8),
    verb=st.sampled_from(Verb),
    subject=st.text(max_size=8),
    facts=facts,
)
chains = st.lists(events, min_size=1, max_size=5).map(a_chain)
Forgery = Callable[[AuditEntry], AuditEntry]


def in_the_event(**changes: object) -> Forgery:
    return lambda entry: replace(entry, event=replace(entry.event, **changes))  # type: ignore[arg-type]


FORGERIES: dict[str, Forgery] = {
    "another time": lambda e: in_the_event(at=e.event.at - timedelta(microseconds=1))(e),
    "another person": lambda e: in_the_event(actor=e.event.actor + "x")(e),
    "another act": lambda e: in_the_event(verb=_another(e.event.verb))(e),
    "another object": lambda e: in_the_event(subject=e.event.subject + "x")(e),
    "a fact more": lambda e: in_the_event(facts={**e.event.facts, "forged": 1})(e),
    "another number": lambda e: replace(e, sequence=e.sequence + 1),
    "another ancestor": lambda e: replace(e, previous="f" * 64),
    "another digest": lambda e: replace(e, digest="f" * 64),
}  # fmt: skip


def _another(verb: Verb) -> Verb:
    return next(v for v in Verb if v is not verb)


def ordered(facts: object) -> str:
    return json.dumps(facts, sort_keys=True)


def forged_and_signed(entry: AuditEntry) -> AuditEntry:
    """A forger who knows the recipe, and makes the entry's own digest fit again."""
    event = replace(entry.event, actor=entry.event.actor + "x")
    return AuditEntry(
        entry.sequence,
        event,
        entry.previous,
        digest(entry.sequence, entry.previous, event),
    )


def check_is_broken_at(entry: int, chain: list[AuditEntry]) -> None:
    with pytest.raises(ChainBroken, match=f"at entry {entry}\\."):
        check_chain(chain)


def test_an_empty_log_ends_where_every_log_begins() -> None:
    assert check_chain([]) == GENESIS


@given(chains)
def test_an_untouched_chain_ends_in_the_digest_of_its_last_entry(
    chain: list[AuditEntry],
) -> None:
    assert check_chain(iter(chain)) == chain[-1].digest


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
@settings(max_examples=25)
@given(chain=chains, data=st.data())
def test_an_altered_entry_is_found_where_it_stands(
    forgery: Forgery, chain: list[AuditEntry], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    assume(chain[place].event.at > datetime.min.replace(tzinfo=UTC))
    chain[place] = forgery(chain[place])
    check_is_broken_at(place + 1, chain)


@given(chain=chains, data=st.data())
def test_an_altered_fact_is_found(chain: list[AuditEntry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    entry = chain[place]
    others = data.draw(facts)
    assume(ordered(others) != ordered(entry.event.facts))
    chain[place] = in_the_event(facts=others)(entry)
    check_is_broken_at(place + 1, chain)


@given(chain=chains, data=st.data())
def test_a_forger_who_makes_one_digest_fit_is_found_at_the_next(
    chain: list[AuditEntry], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    assume(place < len(chain) - 1)
    chain[place] = forged_and_signed(chain[place])
    check_is_broken_at(place + 2, chain)


@pytest.mark.parametrize("sequence", [0, 2, -1, 7])
def test_a_log_that_does_not_begin_with_entry_one_is_found(sequence: int) -> None:
    event = an_event()
    well_signed = digest(sequence, GENESIS, event)
    check_is_broken_at(1, [AuditEntry(sequence, event, GENESIS, well_signed)])


@given(chain=chains, data=st.data())
def test_a_removed_entry_is_found_unless_it_was_the_last(
    chain: list[AuditEntry], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    whole_end = chain[-1].digest
    last = place == len(chain) - 1
    del chain[place]
    if last:
        # Only a head kept elsewhere shows a cut-off tail.
        assert check_chain(chain) != whole_end
    else:
        check_is_broken_at(place + 1, chain)


@given(chain=chains, random=st.randoms(use_true_random=False))
def test_entries_in_another_order_are_found(
    chain: list[AuditEntry], random: Random
) -> None:
    mixed = random.sample(chain, len(chain))
    assume(mixed != chain)
    with pytest.raises(ChainBroken):
        check_chain(mixed)


@given(chain=chains, data=st.data())
def test_an_entry_that_stands_there_twice_is_found(
    chain: list[AuditEntry], data: st.DataObject
) -> None:
    places = st.integers(0, len(chain) - 1)
    chain.insert(data.draw(places), chain[data.draw(places)])
    with pytest.raises(ChainBroken):
        check_chain(chain)


@given(one=chains, other=chains)
def test_the_tail_of_another_log_does_not_fit(
    one: list[AuditEntry], other: list[AuditEntry]
) -> None:
    assume(len(other) > len(one) and other[len(one) - 1].digest != one[-1].digest)
    check_is_broken_at(len(one) + 1, one + other[len(one) :])


@given(events)
def test_an_event_that_was_stored_as_json_keeps_its_text(event: AuditEvent) -> None:
    stored = json.loads(json.dumps(event.facts))
    assert replace(event, facts=stored).canonical() == event.canonical()


@pytest.mark.parametrize(
    "written",
    [
        {"letters": ("A", "B")},
        {9: "nine", 10: "ten"},
        {"nested": {9: "nine", 10: "ten", None: "none"}},
        {"conclusion": Conclusion.SOME_SUPPORT_SAME, "verb": Verb.STARTED},
        {"similarity": 0.1 + 0.2, "none": None, "name": "Zoë \U0001f600 \ud800"},
    ],
)
def test_facts_that_json_changes_still_fit_after_they_were_stored(
    written: dict[str, object],
) -> None:
    stored = json.loads(json.dumps(written))
    assert an_event(facts=stored).canonical() == an_event(facts=written).canonical()


@given(events, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_given_does_not_matter(
    event: AuditEvent, random: Random
) -> None:
    pairs = random.sample(list(event.facts.items()), len(event.facts))
    assert replace(event, facts=dict(pairs)).canonical() == event.canonical()


def test_facts_may_be_any_mapping() -> None:
    event = replace(an_event(), facts=MappingProxyType({"n": 20}))
    assert event.canonical() == an_event(facts={"n": 20}).canonical()


@pytest.mark.parametrize("hours", [-12, -5, 0, 14])
def test_one_moment_has_one_text_whatever_clock_showed_it(hours: int) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=hours)))
    assert an_event(at=elsewhere).canonical() == an_event(at=NOON).canonical()


def test_a_time_without_a_zone_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="zone"):
        an_event(at=NOON.replace(tzinfo=None)).canonical()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_has_no_word_for_cannot_be_recorded(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        an_event(facts={"similarity": value}).canonical()


@given(event=events)
def test_the_text_of_an_event_is_one_line_of_plain_ascii(event: AuditEvent) -> None:
    text = event.canonical()
    assert text.isascii()
    assert text.isprintable()


@given(
    one=events, other=events, places=st.tuples(st.integers(1, 99), st.integers(1, 99))
)
def test_the_same_event_at_another_place_has_another_digest(
    one: AuditEvent, other: AuditEvent, places: tuple[int, int]
) -> None:
    digests = {
        digest(place, GENESIS, event) for place in places for event in (one, other)
    }
    texts = {one.canonical(), other.canonical()}
    assert len(digests) == len(set(places)) * len(texts)


def test_every_act_has_its_own_name_of_a_thing_and_what_happened_to_it() -> None:
    assert len({verb.value for verb in Verb}) == len(Verb)
    assert all(len(verb.value.split(".")) == 2 for verb in Verb)
