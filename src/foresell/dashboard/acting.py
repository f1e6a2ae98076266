"""What a form of a page changes: by whom, through what, and where that leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from foresell.dashboard.forms import SECRETS, form_of, refuse_elsewhere
from foresell.dashboard.page import Page, Visit
from foresell.dashboard.rendering import rendered
from foresell.dashboard.sending import HTML, see_other, sent
from foresell.dashboard.wanted import Wanted
from foresell.govern.registry import Registry
from foresell.serving.exchange import Reply
from foresell.serving.problems import Refused

# Of each page that changes something the module with ``act(visit, form, acting)``, which returns
# the path to go to, or the page again and the status of the reply.
_ACTS: Mapping[str, str] = {"registry": "foresell.dashboard.registry.acting"}
_NOT_ALLOWED = 405


@dataclass(frozen=True, kw_only=True)
class Acting:
    """How pages change something.

    ``registry``: that of a name, under which its changes stand in the history. ``changed``: is told
    of the project whose versions were changed, and must not wait.
    """

    registry: Callable[[str], Registry]
    changed: Callable[[str], None]


def acted(page: Page, visit: Visit, wanted: Wanted, acting: Acting) -> Reply:
    """Do what a form of ``page`` orders, and lead on; or show the form again, and say why not.

    Raises:
        Refused: 405, the page changes nothing; 403, the form came from elsewhere.
    """
    if page.name not in _ACTS:
        raise Refused(
            "nothing can be changed on this page", "path", "look at it by GET", status=_NOT_ALLOWED
        )
    heads = wanted.heads_as_sent
    refuse_elsewhere(heads)
    form = form_of(wanted.body.encode("latin-1"))
    typed = {name: told for name, told in form.items() if name not in SECRETS}
    own = replace(visit, query=typed)
    module: Any = import_module(_ACTS[page.name])
    came = module.act(own, form, acting)
    if isinstance(came, str):
        return see_other(came)
    context, status = came
    return sent(heads, rendered(page, context, own, keyed=True), HTML, status=status)
