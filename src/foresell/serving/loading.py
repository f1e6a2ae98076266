"""Loading: from a verified bundle to what answers requests, proved before it takes any."""

from dataclasses import replace

from foresell.answer.declared import declared
from foresell.answer.learnt import Learnt, read_learnt
from foresell.bundle.bundle import Bundle
from foresell.serving.served import Served
from foresell.spec.serving import Live


def load_served(bundle: Bundle, live: Live) -> Served:
    """Return a version ready to answer: its graphs have answered the rows that were kept.

    ``bundle``: every byte verified. A ``DataError`` or ``SpecError`` where a file of it is missing
    or cannot be read, a ``GateError`` where a graph says something else on this machine than when
    it was proved.
    """
    read = read_served(bundle, live)
    if read.spec.kind != "tabular":
        return read
    # A server of panels alone needs no ONNX Runtime.
    from foresell.answer.row_answers import row_answers  # noqa: PLC0415

    return replace(read, rows=row_answers(bundle))


def read_served(bundle: Bundle, live: Live) -> Served:
    """Return all of a version but what answers rows of a table, which takes its model.

    Errors as of `load_served`.
    """
    told = declared(bundle.project_text, bundle.contract_text)
    learnt, published = Learnt(), None
    if told.spec.kind == "tabular":
        learnt = read_learnt(bundle)
    else:
        from foresell.answer.published import read_published  # noqa: PLC0415 - Polars

        published = read_published(bundle)
    return Served(
        live=live,
        spec=told.spec,
        contract=told.contract,
        form=told.form,
        metadata=bundle.metadata,
        learnt=learnt,
        published=published,
    )
