"""The certified search beside the obvious one: every row in 64 bits, sorted."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bot.matching import kernel, packed
from bot.matching.codes import encode, peaks, scale_for
from bot.matching.scan import MINOR, Kept, Nearest, Rows, exact_scores, nearest

Vectors = NDArray[np.float32]
NOBODY = np.empty(0, np.int64)

# Few different numbers, so that ties and duplicates are common; and lengths of every order, so that
# one row decides about the scale of the others.
coordinates = st.one_of(
    st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), st.floats(-1, 1, width=32)
)
lengths = st.sampled_from([1.0, 1.0, 1.0, 0.0, 1e-6, 3.0, 1000.0])


def rows_of(
    templates: Vectors, subjects: list[int], minors: list[bool] | None = None
) -> Rows:
    codes = np.empty(templates.shape, np.int8)
    limits, loose = encode(templates, scale_for(peaks(templates)), codes)
    flags = np.array(minors or [False] * len(templates), np.uint8) * MINOR
    return Rows(templates, codes, np.array(subjects, np.int32), flags, limits, loose)


def found(
    rows: Rows,
    probe: Vectors,
    n: int,
    kept: Kept,
    multiply: kernel.Multiply | None = None,
) -> Nearest:
    scratch = kernel.Scratch(len(rows.templates))
    scratch.numbers[:] = scratch.tops[:] = 77  # as an earlier search left it
    return nearest(rows, probe, n, kept, scratch, multiply)


def naive(rows: Rows, probe: Vectors, n: int, kept: Kept) -> list[tuple[int, float]]:
    """Row and score of each subject's best photograph, one row after the other."""
    out = set(kept.excluded.tolist())
    scores = {
        row: (rows.templates[row].astype(np.float64) * probe.astype(np.float64)).sum()
        for row in range(len(rows.templates))
        if row not in out and (kept.minors or not rows.flags[row] & MINOR)
    }
    best: dict[int, int] = {}
    for row in sorted(scores, key=lambda row: (-scores[row], row)):
        best.setdefault(int(rows.subjects[row]), row)
    return [(row, float(scores[row])) for row in best.values()][:n]


def as_pairs(answer: Nearest) -> list[tuple[int, float]]:
    return list(zip(answer.rows.tolist(), answer.scores.tolist(), strict=True))


@dataclass(frozen=True)
class Case:
    rows: Rows
    probe: Vectors
    kept: Kept


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count, dim = draw(st.integers(0, 60)), draw(st.sampled_from([1, 2, 5, 33, 64]))
    different = draw(
        arrays(np.float32, (max(count // 2, 1), dim), elements=coordinates)
    )
    stretched = different * np.array(
        draw(st.lists(lengths, min_size=len(different), max_size=len(different))),
        np.float32,
    ).reshape(-1, 1)
    which = draw(
        st.lists(st.integers(0, len(different) - 1), min_size=count, max_size=count)
    )
    templates = stretched[which].astype(np.float32).reshape(count, dim)
    several = draw(st.sampled_from([1, 3, 60]))
    subjects = draw(st.lists(st.integers(0, several), min_size=count, max_size=count))
    minors = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    out = draw(st.sets(st.integers(0, max(count - 1, 0)), max_size=count))
    excluded = np.array(sorted(row for row in out if row < count), np.int64)
    probe = draw(arrays(np.float32, (dim,), elements=coordinates))
    return Case(
        rows_of(templates, subjects, minors),
        probe,
        Kept(excluded, draw(st.booleans())),
    )


@settings(max_examples=300)
@given(cases(), st.integers(2, 50))
def test_the_answer_is_the_one_of_comparing_every_row_in_full(
    case: Case, n: int
) -> None:
    answer = found(case.rows, case.probe, n, case.kept)
    assert as_pairs(answer) == naive(case.rows, case.probe, n, case.kept)
    assert answer.reranked <= len(case.rows.templates)


@settings(max_examples=60)
@given(
    st.integers(1, 512),
    st.integers(1, 700),
    st.integers(2, 50),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["even", "one huge", "equal", "half twice", "one subject"]),
)
def test_in_any_dimension_and_for_any_number_of_rows_nothing_is_missed(
    dim: int, count: int, n: int, seed: int, kind: str
) -> None:
    random = np.random.default_rng(seed)
    templates = random.normal(size=(count, dim)).astype(np.float32)
    subjects = [row // 2 for row in range(count)]
    match kind:
        case "one huge":
            templates[random.integers(count), random.integers(dim)] = 1e6
        case "equal":
            templates[:] = templates[0]
        case "half twice":
            templates[count // 2 :] = templates[: count - count // 2]
        case "one subject":
            subjects = [0] * count
    rows = rows_of(templates, subjects, [row % 50 == 0 for row in range(count)])
    probe = templates[random.integers(count)] + random.normal(
        size=dim, scale=0.3
    ).astype(np.float32)
    for kept in (Kept(NOBODY, True), Kept(np.arange(0, count, 3), False)):
        assert as_pairs(found(rows, probe, n, kept)) == naive(rows, probe, n, kept)


@pytest.fixture(scope="module")
def crowd() -> Rows:
    """More rows than a sample or a block has, and no multiple of either."""
    random = np.random.default_rng(5)
    templates = random.normal(size=(70_001, 32)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    templates[60_000:60_200] = templates[17]
    return rows_of(
        templates,
        [row // 3 for row in range(len(templates))],
        [row % 97 == 0 for row in range(len(templates))],
    )


@pytest.mark.parametrize("multiply", [kernel.by_numpy, kernel.MULTIPLY])
def test_among_many_rows_the_answer_is_the_same_and_few_are_compared_in_full(
    crowd: Rows, multiply: kernel.Multiply
) -> None:
    random = np.random.default_rng(6)
    for row in (17, 60_100, 3):
        noise = random.normal(size=32, scale=0.05).astype(np.float32)
        for kept in (Kept(NOBODY, True), Kept(np.arange(15, 20_000), False)):
            probe = crowd.templates[row] + noise
            answer = found(crowd, probe, 50, kept, multiply)
            assert as_pairs(answer) == naive(crowd, probe, 50, kept)
            assert answer.reranked < 5000


@pytest.mark.parametrize("left", [0, 1, 2, 30])
def test_a_filter_that_leaves_few_rows_leaves_the_exact_answer(
    crowd: Rows, left: int
) -> None:
    stay = np.random.default_rng(left).choice(len(crowd.templates), left, replace=False)
    kept = Kept(np.setdiff1d(np.arange(len(crowd.templates)), stay), True)
    answer = found(crowd, crowd.templates[5], 20, kept)
    assert as_pairs(answer) == naive(crowd, crowd.templates[5], 20, kept)
    assert answer.reranked == left


def test_with_fewer_subjects_than_asked_for_all_are_returned(crowd: Rows) -> None:
    few = replace(crowd, subjects=(crowd.subjects % 7).astype(np.int32))
    answer = found(few, crowd.templates[1], 20, Kept(NOBODY, True))
    assert len(answer.rows) == 7
    assert as_pairs(answer) == naive(few, crowd.templates[1], 20, Kept(NOBODY, True))


@pytest.mark.parametrize("share", [0.0, 0.02])
def test_a_bound_that_is_too_small_would_be_caught_by_these_tests(
    share: float,
) -> None:
    random = np.random.default_rng(8)
    # So near to each other that the codes alone put them in another order.
    templates = random.normal(size=64) + random.normal(size=(3000, 64), scale=0.005)
    sound = rows_of(templates.astype(np.float32), list(range(3000)))
    limits = sound.limits
    too_small = replace(
        limits, error=limits.error * share, length=limits.length * share
    )
    unsound = replace(sound, limits=too_small)
    kept, wrong = Kept(NOBODY, True), 0
    for probe in templates[:10].astype(np.float32):
        expected = naive(sound, probe, 20, kept)
        assert as_pairs(found(sound, probe, 20, kept)) == expected
        wrong += as_pairs(found(unsound, probe, 20, kept)) != expected
    assert wrong > 0


@pytest.mark.parametrize("dim", [1, 3, 31, 32, 33, 63, 64, 65, 127, 128, 200, 512])
def test_numkong_and_numpy_give_the_same_whole_numbers(dim: int) -> None:
    assert kernel.MULTIPLY is kernel.by_numkong  # or this compares NumPy with itself
    random = np.random.default_rng(dim)
    codes = random.integers(-127, 128, (40_003, dim)).astype(np.int8)
    codes[:4] = [[127], [-127], [0], [1]]
    codes.setflags(write=False)  # as a mapped file
    for probe in (codes[0], codes[1], codes[7]):
        expected = codes.astype(np.int64) @ probe.astype(np.int64)
        for multiply in (kernel.by_numkong, kernel.by_numpy):
            into = kernel.Scratch(len(codes))
            kernel.products(codes, probe, into, multiply)
            assert np.array_equal(into.numbers, expected)


@pytest.mark.parametrize("dim", [1, 3, 33, 64, 100, 128, 129, 512])
def test_packed_codes_give_the_same_whole_numbers_and_the_same_list(dim: int) -> None:
    random = np.random.default_rng(dim)
    templates = random.normal(size=(40_003, dim)).astype(np.float32)
    plain = rows_of(templates, list(range(len(templates))))
    packed_rows = packed_of(plain)
    first, second = kernel.Scratch(len(templates)), kernel.Scratch(len(templates))
    for probe in plain.codes[:3]:
        kernel.products(plain.codes, probe, first)
        packed_rows.products(probe, second)
        assert np.array_equal(first.numbers, second.numbers)
        assert np.array_equal(first.tops, second.tops)
    both = [plain, replace(plain, packed=packed_rows)]
    kept = Kept(np.arange(7), False)
    lists = [as_pairs(found(rows, templates[5], 20, kept)) for rows in both]
    assert lists[0] == lists[1]
    assert len(lists[0]) == 20


@pytest.mark.parametrize("rows", [1, 500, 1024, 32_768, 33_000, 70_001, 1_100_000])
def test_every_row_that_reaches_a_product_is_found_by_its_group(rows: int) -> None:
    random = np.random.default_rng(rows)
    codes = random.integers(-127, 128, (rows, 4)).astype(np.int8)
    scratch = kernel.Scratch(rows)
    for turn in range(2):  # room that was used before is used again
        kernel.products(codes, codes[turn % rows], scratch)
        order = np.sort(scratch.numbers)
        for place in {1, 2, 9, 200, rows // 40, rows // 3, rows}:
            least = int(order[-min(max(place, 1), rows)])
            for level in (least, least + 1, least - 1):
                expected = np.flatnonzero(scratch.numbers >= level)
                assert np.array_equal(np.sort(scratch.reaching(level)), expected)
        everybody = scratch.reaching(scratch.reached_by(rows))
        assert np.array_equal(everybody, np.arange(rows))


@pytest.mark.parametrize("rows", [3, 900, 33_000, 1_100_000])
@pytest.mark.parametrize("wanted", [2, 200, 3_200, 51_200])
def test_a_first_guess_has_about_as_many_rows_as_are_wanted(
    rows: int, wanted: int
) -> None:
    random = np.random.default_rng(rows + wanted)
    codes = random.integers(-127, 128, (rows, 16), np.int8)
    scratch = kernel.Scratch(rows)
    kernel.products(codes, codes[0], scratch)
    found = len(scratch.reaching(scratch.reached_by(wanted)))
    assert min(wanted, rows) * 0.3 <= found
    # Two of the largest may share a group, and a whole list is never far.
    assert found <= 4 * wanted + 64 or found == rows


def test_what_numkong_leaves_empty_behind_a_row_is_taken_out_where_that_is_how_it_packs() -> (
    None
):
    """Whether it is, depends on the processor; that the numbers are right is tested above."""
    how = packed.layout(40_003, 128)
    if packed._room(128):
        assert how is not None
        assert how[2] <= kernel.BLOCK * (128 + 8) + 128
    plain = packed._functions()
    assert plain is not None
    rows = np.random.default_rng(1).integers(-127, 128, (100, 128)).astype(np.int8)
    blob = packed._as_numkong_does(plain, rows)
    tight = packed._without_room(blob, 100, 128)
    assert len(blob) - len(tight) == 100 * packed._room(128)


def packed_of(rows: Rows) -> packed.Packed:
    # On some processors it takes more room than it is worth, and has to be right all the same.
    count, dim = rows.codes.shape
    how = packed.layout(count, dim, roomy=1e9)
    assert how is not None
    _, size, block = how
    blob = np.zeros(size, np.uint8)
    packed.pack(rows.codes, blob, block)
    return packed.Packed(blob, count, dim, block)


def test_packed_codes_are_proved_against_the_codes_they_are_of() -> None:
    templates = np.random.default_rng(3).normal(size=(20_000, 128))
    rows = rows_of(templates.astype(np.float32), [0] * 20_000)
    assert packed.is_of(packed_of(rows), rows.codes)
    for row, number in ((0, 0), (16_384, 77), (19_999, 127)):
        other = rows.codes.copy()
        other[row, number] ^= 1
        assert not packed.is_of(packed_of(replace(rows, codes=other)), rows.codes)


def test_numpy_is_exact_beyond_what_a_short_number_holds() -> None:
    codes = np.full((3, 4001), 127, np.int8)
    codes[1, ::2] = -127
    into = np.empty(3, np.int32)
    kernel.by_numpy(codes, codes[0], into)
    assert into.tolist() == (codes.astype(np.int64) @ codes[0].astype(int)).tolist()


@pytest.mark.parametrize("dim", [1, 7, 128, 129, 512])
def test_a_copy_of_a_photograph_has_the_same_similarity_wherever_it_stands(
    dim: int,
) -> None:
    random = np.random.default_rng(2)
    templates = random.normal(size=(10_000, dim)).astype(np.float32)
    places = np.array([0, 1, 4095, 4096, 8191, 9999])
    templates[places] = templates[0]
    probe = random.normal(size=dim)
    together = exact_scores(templates, np.arange(10_000), probe)[places]
    alone = [exact_scores(templates, places[n : n + 1], probe)[0] for n in range(6)]
    assert len({*together.tolist(), *map(float, alone)}) == 1


def test_two_people_who_differ_by_less_than_32_bits_hold_are_in_order() -> None:
    """The record tells the same number of both; who is nearer still comes first, or alone."""
    probe = np.array([1.0, 0.5, 0.25, 0.125], np.float32)
    templates = np.array([[0.5, 0.5, 0.5, 0.5]] * 3, np.float32)
    templates[2, 3] = np.nextafter(np.float32(0.5), np.float32(1))
    templates[1, 3] = np.nextafter(np.float32(0.5), np.float32(0))
    rows = rows_of(templates, [0, 1, 2])
    answer = found(rows, probe, 3, Kept(NOBODY, True))
    assert len(set(answer.scores.astype(np.float32).tolist())) == 1
    assert answer.rows.tolist() == [2, 0, 1]
    assert found(rows, probe, 1, Kept(NOBODY, True)).rows.tolist() == [2]
