"""The page of numbers as Prometheus reads it."""

from prometheus_client.parser import text_string_to_metric_families as families


def samples(page: bytes, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name, by the values of their labels in the order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in families(page.decode())
        for sample in family.samples
        if sample.name == name
    }
