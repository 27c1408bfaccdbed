"""Who can log in as whom."""

import pytest

from tests.hub.place import Place

pytestmark = pytest.mark.hub


def test_a_person_logs_in(place: Place) -> None:
    answer = place.log_in("ben")
    assert answer.status_code == 302
    assert place.hub.api("GET", "users/ben").status_code == 200


@pytest.mark.parametrize("name", ["course-ds1", "Course-DS1", "room-7", "crafty"])
def test_nobody_logs_in_as_a_course_room_or_a_room_under_whatever_spelling(place: Place, name: str) -> None:
    assert place.log_in(name).status_code == 403
