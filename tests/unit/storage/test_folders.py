"""Walking folders in the order of keys: nothing lost, nothing twice, and nothing looked into for nothing."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from multisite.storage.folders import FolderContent, find_split_points, folder_of_prefix, walk_in_order

KEYS = st.sets(
    st.lists(st.text("a-./0é", min_size=1, max_size=2).filter(lambda part: "/" not in part), min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda key: not any(part in (".", "..") for part in key.split("/"))),
    max_size=12,
)
BOUNDS = st.text("a-./0é", max_size=4)


def tree_of(keys: set[str], asked: list[str]) -> Callable[[str], FolderContent[str]]:
    """Looks into folders as a store would that holds ``keys``; a name may be a folder's and an object's."""

    def look_into(folder: str) -> FolderContent[str]:
        asked.append(folder)
        below = [key[len(folder) :] for key in keys if key.startswith(folder)]
        folders = {f"{folder}{name.partition('/')[0]}/" for name in below if "/" in name}
        return FolderContent(list(folders), [(folder + name, folder + name) for name in below if "/" not in name])

    return look_into


@given(KEYS, BOUNDS, st.none() | BOUNDS)
def test_a_walk_gives_the_keys_of_its_range_in_order(keys: set[str], after: str, until: str | None) -> None:
    found = list(walk_in_order(tree_of(keys, []), "", after=after, until=until))
    assert found == sorted(key for key in keys if key > after and (until is None or key <= until))


@given(KEYS, st.lists(BOUNDS, max_size=3))
def test_ranges_side_by_side_hold_every_key_once(keys: set[str], cuts: list[str]) -> None:
    cuts = sorted(cuts)
    ranges = zip(["", *cuts], [*cuts, None], strict=True)
    found = [walk_in_order(tree_of(keys, []), "", after=after, until=until) for after, until in ranges]
    assert [key for part in found for key in part] == sorted(keys)


def test_folders_outside_the_range_are_not_looked_into() -> None:
    keys = {f"{patient}/{study}/{n}" for patient in "abcd" for study in "12" for n in "xy"}
    asked: list[str] = []
    assert list(walk_in_order(tree_of(keys, asked), "", after="b/1/y", until="c/1/")) == ["b/2/x", "b/2/y"]
    assert asked == ["", "b/", "b/1/", "b/2/", "c/"]


def test_a_walk_looks_into_a_folder_only_when_its_turn_comes() -> None:
    asked: list[str] = []
    walk = walk_in_order(tree_of({f"{patient}/1" for patient in "abc"}, asked), "", after="", until=None)
    assert next(walk) == "a/1"
    assert asked == ["", "a/"]


def test_split_points_are_few_rising_and_found_by_few_questions() -> None:
    keys = {f"p{patient:04}/s{study}/{n}" for patient in range(300) for study in range(3) for n in range(2)}
    asked: list[str] = []
    look_into = tree_of(keys, asked)
    points = find_split_points(lambda folder: look_into(folder).folders, 16)
    assert len(points) == 15
    assert points == sorted(points)
    assert asked == [""]
    asked.clear()
    assert len(find_split_points(lambda folder: look_into(folder).folders, 100)) == 99
    assert len(asked) <= 256


def test_a_folder_around_everything_does_not_prevent_the_cut() -> None:
    keys = {f"dicom/2026/p{patient}/s{study}/1" for patient in range(6) for study in range(6)} | {"readme"}
    look_into = tree_of(keys, [])
    assert find_split_points(lambda folder: look_into(folder).folders, 3) == [
        "dicom/2026/p2/s0/",
        "dicom/2026/p4/s0/",
    ]


def test_a_prefix_means_a_folder_with_or_without_slashes() -> None:
    assert [folder_of_prefix(prefix) for prefix in ("", "/", "a", "a/", "/a/b/")] == ["", "", "a/", "a/", "a/b/"]
