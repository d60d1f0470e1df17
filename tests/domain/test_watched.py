import pytest

from bot.domain.watched import BadNames, named_in, parse_names

LIST = parse_names(
    "Müller, Jörg\n\n# press\nSiobhán O'Neill # editor\nAna María Ruiz\n"
)


def test_a_list_has_one_name_a_line_in_either_order_and_remarks() -> None:
    assert LIST == ("Jörg Müller", "Siobhán O'Neill", "Ana María Ruiz")


def test_a_name_that_stands_twice_is_one() -> None:
    assert parse_names("Ann Lee\nLee, Ann") == ("Ann Lee",)


@pytest.mark.parametrize("line", ["White", "White,", ",", "- -"])
def test_one_word_alone_is_no_name_to_look_for(line: str) -> None:
    with pytest.raises(BadNames, match="line 2: a name needs"):
        parse_names(f"Ann Lee\n{line}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He is said to be JORG MULLER.", ("Jörg Müller",)),
        ("Muller, Jorg; or Siobhan ONeill", ("Jörg Müller", "Siobhán O'Neill")),
        ("with siobhán o\u2019neill\u2019s car", ("Siobhán O'Neill",)),
        ("Ruiz,\nAna   Maria was there", ("Ana María Ruiz",)),
        ("Jörg met Müller", ()),
        ("Jörg Müllerson", ()),
        ("Ana Ruiz", ()),
        ("", ()),
    ],
)
def test_a_name_is_found_whatever_its_case_accents_and_order(
    text: str, found: tuple[str, ...]
) -> None:
    assert named_in(["nothing", text], LIST) == found


def test_a_name_does_not_run_on_from_one_text_into_the_next() -> None:
    assert named_in(["it was Jörg", "Müller came later"], LIST) == ()
