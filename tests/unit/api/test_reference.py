"""docs/reference/api.md says what the running interface says."""

from pathlib import Path


def test_the_reference_is_current(root: Path) -> None:
    from hengjian.console.api.reference import page

    assert (root / "docs/reference/api.md").read_text("utf-8") == page()


def test_every_read_asks_for_a_key_and_names_what_may_go_wrong() -> None:
    from hengjian.console.api.site import document

    for path, methods in document()["paths"].items():
        for one in methods.values():
            assert one["security"], path
            assert {"401", "403", "422", "429"} <= {str(code) for code in one["responses"]}, path
