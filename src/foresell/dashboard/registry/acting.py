"""What a form of the registry page does: the same as ``foresell registry``, in the key's name."""

from dataclasses import replace

from foresell.dashboard.acting import Acting
from foresell.dashboard.addresses import query_text
from foresell.dashboard.forms import own_token
from foresell.dashboard.page import Context, Query, Trouble, Visit, told
from foresell.dashboard.registry.confirming import Returned
from foresell.dashboard.registry.orders import Order, carried_out, order_of
from foresell.dashboard.registry.page import page_of
from foresell.errors import ForesellError, MachineError, UsageError
from foresell.govern.registry import one_line, read_state
from foresell.spec.registry import Transition

_LONGEST = 500  # characters of a reason
_FORBIDDEN, _CONFLICT, _WRONG, _OUT = 403, 409, 422, 503
Wrong = tuple[Returned, int]  # the form as it goes back, and the status of the reply


def act(visit: Visit, form: Query, acting: Acting) -> str | tuple[Context, int]:
    """Do what a form orders; return where to go then, or the page again with its status.

    What somebody has typed stands in the form that comes back. A form that orders what cannot be
    is ``Refused``.
    """
    order = order_of(form)
    typed = Returned(reason=visit.one("reason"), override=order.override)
    came = _stranger(visit, form, typed) or _reasonless(typed) or _done(visit, order, typed, acting)
    if not isinstance(came, Transition):
        returned, status = came
        return page_of(visit, returned), status
    acting.changed(visit.shown.name)
    return f"{visit.path}{query_text({'done': (str(came.number),)})}"


def _stranger(visit: Visit, form: Query, typed: Returned) -> Wrong | None:
    """Return what is wrong with who sends a form: another session, or a key that may not."""
    if not visit.visitor.name:
        what = "nothing was done: your session has ended"
        mend = "sign in again; what you have typed is kept"
    elif not own_token(visit.visitor, form):
        what = "nothing was done: the form is of a session that has ended"
        mend = "you are signed in again: read what it says now, and send it once more"
    elif not visit.visitor.admin:
        what = f"the key {visit.visitor.name!r} may not change anything"
        mend = "sign in with a key that has the scope admin"
    else:
        return None
    return replace(typed, refused=Trouble(what=what, where="session", mend=mend)), _FORBIDDEN


def _reasonless(typed: Returned) -> Wrong | None:
    """Return what is wrong with a reason; None where it is one."""
    error = ""
    try:
        one_line(typed.reason, "reason")
    except UsageError:
        error = "Use one plain line of text." if typed.reason else "Say why, in one line."
    if len(typed.reason) > _LONGEST:
        error = f"Say it in {_LONGEST} characters; these are {len(typed.reason):,}."
    return (replace(typed, reason_error=error), _WRONG) if error else None


def _done(visit: Visit, order: Order, typed: Returned, acting: Acting) -> Wrong | Transition:
    """Do it, unless something happened since the page was made; return what it has become."""
    project = visit.shown.name
    try:
        registry = acting.registry(visit.visitor.name)
        state = read_state(registry, project)
        if order.seen != state.head.number:
            return _overtaken(typed)
        live = state.aliases[order.alias] or 0
        move = carried_out(registry, project, order, typed.reason, expected=live)
    except ForesellError as error:
        gate = order.do == "promote" and not order.override and "gate" in error.what
        hint = "Tick this to promote it all the same." if gate else ""
        status = _OUT if isinstance(error, MachineError) else _CONFLICT
        return replace(typed, refused=told(error), override_error=hint), status
    if move.transition is None:
        what = f"nothing was done: {'; '.join(move.notes)}"
        said = Trouble(what=what, where="registry", mend="nothing has to be done")
        return replace(typed, refused=said), _CONFLICT
    return move.transition


def _overtaken(typed: Returned) -> Wrong:
    """Return a form that was made before the last thing happened."""
    refused = Trouble(
        what="nothing was done: something else happened to these versions meanwhile",
        where="registry",
        mend="this page shows how it stands now; send the form again if it is still right",
    )
    return replace(typed, refused=refused), _CONFLICT
