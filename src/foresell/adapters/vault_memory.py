"""A vault in memory: for tests, and for asking a registry without a disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from foresell.adapters.vault_contents import digest_of, intact


@dataclass(frozen=True)
class MemoryVault:
    """Contents by their sha256, in ``objects``."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its sha256; a wrong one that is there is replaced."""
        digest = digest_of(content)
        self.objects[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        """Return the content. A ``DataError`` where there is none, or where it has changed."""
        return intact(self.objects.get(digest), digest, self.label)

    def has(self, digest: str) -> bool:
        """Tell whether something is kept under ``digest``, right or not."""
        return digest in self.objects

    def list(self) -> Sequence[str]:
        """Return every sha256 under which something is kept, sorted."""
        return sorted(self.objects)

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return "memory"
