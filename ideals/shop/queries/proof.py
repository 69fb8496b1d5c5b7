"""Orders against the ledger, both ways: what each claims has moved, and what has moved for each.

An order and its transfers are written together, so a difference means that somebody wrote one of
the two by hand, or that a restore lost a part.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.ledger.queries import Difference


def prove_orders(session: Session) -> Iterable[Difference]:
    """Each check is one statement and sees one moment."""
    for check in _CHECKS:
        for what, expected, found in session.execute(text(check)):
            yield Difference(what, expected, found)


# The transfer that an order names under each heading, with what became of it.
_MOVED = """
SELECT o.number, o.state, o.commitment IS NOT NULL AS committed, claim.part, claim.minor, claim.id,
       t.id AS there, t.phase, t.amount_minor, t.source,
       (SELECT r.transfer_id FROM ledger_reversal r WHERE r.reversed_id = t.id) AS reversed_by,
       (SELECT p.phase FROM ledger_hold_resolution h
          JOIN ledger_transfer p ON p.month = h.transfer_month AND p.id = h.transfer_id
         WHERE h.hold_id = t.id) AS resolved_as
  FROM shop_order o
 CROSS JOIN LATERAL (VALUES
       ('hold', CASE WHEN o.kind = 'sell_leave' THEN o.minutes ELSE o.price_minor END,
        o.hold_transfer),
       ('euros', o.price_minor, o.money_transfer),
       ('minutes', o.minutes, o.minutes_transfer)) claim (part, minor, id)
  LEFT JOIN ledger_transfer t
    ON t.month = left(claim.id::text, 6)::integer AND t.id = claim.id
 WHERE claim.id IS NOT NULL
"""

_CHECKS = (
    # What an order names is there, for its amount, caused by it, and ended as the order did.
    f"""
    SELECT format('order %s, %s', number, part),
           CASE part WHEN 'hold' THEN format('held %s, then %s', minor, CASE state
               WHEN 'held' THEN 'nothing' WHEN 'posted' THEN 'posted' ELSE 'void' END)
           ELSE format('moved %s%s', minor, CASE state WHEN 'cancelled' THEN ', and back' END) END,
           CASE WHEN there IS NULL THEN 'no transfer'
           ELSE format('%s of %s for %s, %s', phase, amount_minor, source,
                coalesce(resolved_as, CASE WHEN reversed_by IS NULL THEN 'as it is'
                                           ELSE 'reversed' END)) END
      FROM ({_MOVED}) moved
     WHERE (amount_minor = minor AND CASE part
            WHEN 'hold' THEN phase = 'pending' AND CASE state
                WHEN 'held' THEN resolved_as IS NULL
                WHEN 'posted' THEN resolved_as = 'post'
                WHEN 'cancelled' THEN resolved_as IS NOT NULL
                ELSE resolved_as = 'void' END
            ELSE phase IN ('single', 'post')
                 AND (reversed_by IS NOT NULL) = (state = 'cancelled') END) IS NOT TRUE
     ORDER BY number, part
    """,  # noqa: S608 - no value is written into it
    # An order names what its state says has moved; what is charged month by month names nothing.
    """
    SELECT format('order %s (%s)', number, state),
           CASE WHEN commitment IS NOT NULL THEN 'no transfer of its own'
                WHEN state = 'held' THEN 'a hold'
                ELSE 'euros, and minutes where it has any' END,
           format('hold %s, euros %s, minutes %s', coalesce(hold_transfer::text, 'none'),
                  coalesce(money_transfer::text, 'none'), coalesce(minutes_transfer::text, 'none'))
      FROM shop_order
     WHERE CASE
           WHEN commitment IS NOT NULL
               THEN num_nonnulls(hold_transfer, money_transfer, minutes_transfer) > 0
           WHEN state IN ('held', 'refused', 'released')
               THEN hold_transfer IS NULL OR num_nonnulls(money_transfer, minutes_transfer) > 0
           WHEN state = 'cancelled' AND money_transfer IS NULL
               THEN hold_transfer IS NULL OR minutes_transfer IS NOT NULL
           ELSE money_transfer IS NULL OR (minutes_transfer IS NULL) <> (minutes = 0) END
     ORDER BY number
    """,
    # Nothing moved for an order that does not know of it.
    """
    SELECT format('transfer %s for %s', t.id, t.source), 'an order that names it',
           format('%s of %s', t.phase, t.amount_minor)
      FROM ledger_transfer t
     WHERE t.reason = 'order' AND t.phase <> 'void' AND t.reverses_id IS NULL
       AND NOT EXISTS (SELECT FROM shop_order o
                        WHERE t.source = format('order:%s', o.id)
                          AND t.id IN (o.hold_transfer, o.money_transfer, o.minutes_transfer))
     ORDER BY t.id
    """,
    # Nothing stays set aside for a month that is over.
    """
    SELECT format('order %s', o.number), format('decided before %s was sealed', o.month), o.state
      FROM shop_order o JOIN ledger_month m ON m.month = o.month AND m.state = 'sealed'
     WHERE o.state = 'held'
     ORDER BY o.number
    """,
)
