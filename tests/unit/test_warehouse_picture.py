"""The picture of the schema in the documents shows the schema that there is."""

from tests.warehouse_picture import PICTURE, drawn


def test_the_picture_is_what_is_drawn_from_the_schema_now() -> None:
    assert PICTURE.read_text("utf-8") == drawn()
