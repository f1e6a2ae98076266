import pytest

from foresell.answer.declared import declared
from foresell.errors import SpecError
from tests.small_bundles import small_texts


def test_the_same_texts_are_parsed_once_and_others_anew() -> None:
    texts = small_texts()
    first = declared(*texts)

    assert declared(*texts) is first
    other = declared(*small_texts("shop"))
    assert (first.spec.name, other.spec.name) == ("toy", "shop")
    assert [one.name for one in first.form.fields] == list(first.spec.with_role("feature"))


def test_texts_that_cannot_be_read_are_refused_each_time() -> None:
    project, _ = small_texts()
    for _ in range(2):
        with pytest.raises(SpecError):
            declared(project, "schema: none")
