"""Loading: from a verified bundle to what answers requests, proved before it takes any."""

from foresell.answer.declared import declared
from foresell.bundle.bundle import Bundle
from foresell.serving.served import Served
from foresell.spec.serving import Live


def load_served(bundle: Bundle, live: Live) -> Served:
    """Return a version ready to answer: its graphs have answered the rows that were kept.

    ``bundle``: every byte verified. A ``DataError`` or ``SpecError`` where a file of it is missing
    or cannot be read, a ``GateError`` where a graph says something else on this machine than when
    it was proved.
    """
    told = declared(bundle.project_text, bundle.contract_text)
    rows, published = None, None
    if told.spec.kind == "tabular":
        # A server of panels alone needs no ONNX Runtime.
        from foresell.answer.row_answers import row_answers  # noqa: PLC0415

        rows = row_answers(bundle)
    else:
        from foresell.answer.published import read_published  # noqa: PLC0415 - as above

        published = read_published(bundle)
    return Served(
        live=live,
        spec=told.spec,
        contract=told.contract,
        form=told.form,
        metadata=bundle.metadata,
        rows=rows,
        published=published,
    )
