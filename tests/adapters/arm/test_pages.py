"""Pages of a list: a list without an end is unknown, never read in part."""

from adapters.arm.answers import ArmAnswer
from adapters.arm.pages import MAX_PAGES, every_item
from tests.support.azure_fakes import NOW, refusal_of


def test_pages_without_end_are_unknown() -> None:
    read: list[object] = []

    def read_page(link: object, seconds: float | None) -> ArmAnswer:
        read.append(link)
        return ArmAnswer(NOW, {"value": [], "nextLink": len(read)})

    assert refusal_of(lambda: every_item("containers", read_page)).code == "TooManyPages"
    assert read == [None, *range(1, MAX_PAGES)]


def test_a_list_of_as_many_pages_as_are_allowed_is_read() -> None:
    def read_page(link: object, seconds: float | None) -> ArmAnswer:
        page = link if isinstance(link, int) else 1
        more = {"nextLink": page + 1} if page < MAX_PAGES else {}
        return ArmAnswer(NOW, {"value": [{"id": page}], **more})

    items = every_item("containers", read_page).items

    assert items is not None
    assert [each["id"] for each in items] == [*range(1, MAX_PAGES + 1)]
