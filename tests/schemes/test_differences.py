"""What changed between two versions, by meaning."""

from __future__ import annotations

from ideals.kernel.month import Month
from ideals.schemes.rules import (
    Commitment,
    Counts,
    Deadline,
    Difference,
    LeftOver,
    NeedsApproval,
    OnLeaving,
    Opening,
    Per,
    Scheme,
    check,
    describe,
    differences,
)
from ideals.schemes.rules.differences import Changed, LimitSaid, Place, Sort
from ideals.schemes.rules.rounding import HourRounding
from tests.schemes.worked import document

OLD = document("meridian.yaml")


def compiled(text: str) -> Scheme:
    result = check(text)
    assert isinstance(result, Scheme), describe(result)
    return result


def found(*replacements: tuple[str, str], old: str = OLD) -> list[Difference]:
    new = old
    for before, after in replacements:
        assert before in new
        new = new.replace(before, after, 1)
    return differences(compiled(old), compiled(new))


def test_the_same_scheme_differs_in_nothing() -> None:
    assert found() == []


def test_comments_spaces_and_the_version_are_no_difference() -> None:
    assert (
        found(
            ("# demonstrations", "# (demonstrations)"),
            ('"8% * salary"', '"8%  *\\n salary"'),
            ('version: "2020-01"', 'version: "2026-05"'),
        )
        == []
    )


def test_a_changed_formula_is_told_with_before_and_after() -> None:
    [difference] = found(("8.33% * salary", "8.5% * salary"))
    assert difference.place == Place(Sort.COMPONENT, "thirteenth_month")
    assert difference.names["nl"] == "Dertiende maand"
    assert difference.changes == (Changed("formula", "8.33% * salary", "8.5% * salary"),)
    assert not difference.added
    assert not difference.removed


def test_added_and_removed_components_are_told_once_with_their_formula() -> None:
    old = OLD
    new = OLD.replace("  thirteenth_month:", "  year_end:", 1)
    added, removed = differences(compiled(old), compiled(new))
    assert (added.place.code, added.added, added.main) == ("year_end", True, "8.33% * salary")
    assert (removed.place.code, removed.removed, removed.changes) == ("thirteenth_month", True, ())


def test_a_new_component_moves_no_other_but_a_moved_one_is_told() -> None:
    holiday, thirteenth = "  holiday_allowance:", "  thirteenth_month:"
    [added] = found((holiday, f'  flat: {{formula: "10"}}\n{holiday}'))
    assert added.place == Place(Sort.COMPONENT, "flat")
    parts = OLD.split(holiday)[1].split(thirteenth)
    swapped = OLD.replace(
        f"{holiday}{parts[0]}{thirteenth}{parts[1].split('  personal_allowance:')[0]}",
        f"{thirteenth}{parts[1].split('  personal_allowance:')[0]}{holiday}{parts[0]}",
    )
    [moved] = differences(compiled(OLD), compiled(swapped))
    assert moved.place == Place(Sort.SCHEME)
    [change] = moved.changes
    assert change.key == "order"
    assert change.after[:2] == ("thirteenth_month", "holiday_allowance")


def test_keys_of_the_scheme_keep_their_values() -> None:
    [difference] = found(
        ("{day: 15}", "{last_day: previous_month}"),
        ("keep_until_december", "pay_each_month"),
        ("full_time_hours: 36", "full_time_hours: 38"),
        ('first_month: "2020-01"', 'first_month: "2021-01"'),
        ("sickness: paid", "sickness: {paid_months: 0}"),
        ("{statutory_months: 6, extra_years: 5}", "{statutory_months: 12}"),
        old=OLD.replace("kind: keep", "kind: savings"),
    )
    changed = {change.key: (change.before, change.after) for change in difference.changes}
    assert changed["deadline"] == (Deadline(15), Deadline(31, months_before=1))
    assert changed["left_over"] == (LeftOver.KEEP_UNTIL_DECEMBER, LeftOver.PAY_EACH_MONTH)
    assert changed["full_time_hours"] == (36, 38)
    assert changed["first_month"] == (Month(2020, 1), Month(2021, 1))
    assert changed["paid_sick_months"] == (None, 0)
    assert changed["statutory_months"] == (6, 12)
    assert "extra_years" not in changed


def test_a_key_that_comes_or_goes_has_no_other_side() -> None:
    [difference] = found(
        ('limit: {per: year, amount: "187 * part_time_factor", round: down}', "step: 2"),
        ("    step: 1\n", ""),
    )
    assert difference.place == Place(Sort.PRODUCT, "leave")
    amount = "187 * part_time_factor"
    limit = LimitSaid(Per.YEAR, amount, HourRounding.DOWN, 1, Counts.QUANTITY, None)
    assert set(difference.changes) == {
        Changed("step", 1, 2),
        Changed("limit", (limit,), None),
    }


def test_facts_hours_and_old_rights_are_compared_as_well() -> None:
    told = found(
        ("/ 156\n", "/ 157\n"),
        ("paid once a year in May", "paid in June"),
        (
            "hours:\n",
            "hours:\n  rest: {formula: '8', moment: monthly, round: up, unit: hour}\n",
        ),
    )
    assert [difference.place for difference in told] == [
        Place(Sort.COMPONENT, "holiday_allowance"),
        Place(Sort.HOURS, "rest"),
        Place(Sort.FACT, "hour_value"),
    ]
    assert [change.key for change in told[0].changes] == ["replaces"]


def test_every_key_of_a_product_can_be_told() -> None:
    [difference] = found(
        ("instalments: {months: 24, early_end: no, leaving: pay_rest}", "term: 36"),
        (
            '    limit: {per: years, years: 3, amount: "3000", times: 1}\n',
            "    opens: {months: [5]}\n",
        ),
        ("    approval: hr\n    tax: addition\n", "    approval: manager\n    tax: addition\n"),
        ('"7% * price"', '"8% * price"'),
    )
    assert difference.place == Place(Sort.PRODUCT, "bicycle")
    changed = {change.key: (change.before, change.after) for change in difference.changes}
    assert changed.pop("instalments") == (Commitment(24, True, False, OnLeaving.PAY_REST), None)
    assert changed.pop("term") == (None, Commitment(36, False, False, OnLeaving.END))
    assert changed.pop("opens") == (None, Opening(months=(5,)))
    assert changed.pop("approval") == (NeedsApproval.HR, NeedsApproval.MANAGER)
    assert changed.pop("addition") == ("7% * price", "8% * price")
    assert changed.keys() == {"limit"}


def test_a_key_that_says_what_was_so_already_is_no_difference() -> None:
    assert (
        found(("    kind: savings\n", "    kind: savings\n    cancellation: until_deadline\n"))
        == []
    )
