"""`bench wall`, `requests` and `lists`, tiny: the shape of what they say, never how fast this machine is."""

from callcenter.bench import lists, requests, wall


def test_every_browser_hears_of_every_change() -> None:
    time, browser, service = [finding.as_json() for finding in wall.run(browsers=3, changes=2)]
    assert (time["changes"], time["goal"]) == (2, "ratio ≤ 2")
    assert time["ours"] > 0 < time["floor"]
    assert (browser["goal"], service["goal"]) == ("≤ 60", "≤ 250")
    assert service["all_desks_mb"] > 10


def test_a_request_has_its_price() -> None:
    [found] = [finding.as_json() for finding in requests.run(requests=5)]
    assert (found["count"], found["goal"]) == (5, "≤ 3")


def test_every_way_to_find_something_finds_it() -> None:
    orders, growth, journeys, _ = [finding.as_json() for finding in lists.run(many=2_500, few=2_000, pages=1)]
    assert (orders["rows"], orders["goal"], growth["goal"]) == (2_500, "≤ 50", "ratio ≤ 2")
    assert (orders["requests"], journeys["requests"]) == (9, 7)
