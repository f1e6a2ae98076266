"""What a file is by the bytes that it begins with."""

PARQUET = "a Parquet file"
_ZIP = b"PK\x03\x04"
_SIGNATURES = (  # what a file of each kind starts with, and where
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"Rar!", "a rar archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\x00", "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file"),
    (257, b"ustar", "a tar archive"),
    (0, b"PAR1", PARQUET),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (xls)"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"%PDF-", "a PDF document"),
)
HEAD = 512  # bytes that tell


def kind_of(head: bytes) -> str | None:
    r"""Return what a file is whose first ``HEAD`` bytes are ``head``; None: nothing known, or text.

    >>> kind_of(b"PAR1\x15"), kind_of(b"Store,Dept")
    ('a Parquet file', None)
    """
    if head.startswith(_ZIP):
        inside = any(sign in head for sign in (b"[Content_Types].xml", b"xl/", b"_rels/.rels"))
        return "an Excel workbook (xlsx)" if inside else "a zip archive"
    return next((kind for at, sign, kind in _SIGNATURES if head[at:].startswith(sign)), None)
