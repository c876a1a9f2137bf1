from gil_scaling.analysis.report.answers import Answer, main_answers, unfolded
from gil_scaling.analysis.report.answers import answers as read_answers


def answers(*sentences):
    return [Answer(sentence, "figure-a", "A?") for sentence in sentences]


def test_main_answers_are_those_of_the_first_headline():
    groups = {"Which?": answers("This.", "That."), "Why?": answers("Because.")}
    assert main_answers(groups) == ["Which?", "This.", "That."]


def test_main_answers_name_how_many_are_left():
    *shown, last = main_answers({"Which?": answers(*map(str, range(11)))})
    assert (shown[-1], last) == ("7", "… and 3 more in the report.")


def test_main_answers_of_no_figure_are_none():
    assert main_answers({}) == []


def entry(name, *sentences):
    return {"name": name, "figure": name, "title": "T?", "headline": f"{name}?", "answers": sentences}


def speeds(*ratios):
    return [f"x is faster: {ratio}× sequential [{ratio}, {ratio}]." for ratio in ratios]


def test_answers_of_a_large_sweep_begin_with_the_largest_effect():
    sentences = [*speeds(*["1.10"] * 33), *speeds("1.50", "0.25", "3.00"), "No ratio."]
    (group,) = read_answers([entry("a", *sentences)]).values()
    assert [answer.sentence for answer in group][:4] == speeds("0.25", "3.00", "1.50", "1.10")
    assert group[-1].sentence == "No ratio."


def test_answers_of_a_small_sweep_keep_their_order():
    (group,) = read_answers([entry("a", *speeds("1.10", "3.00"))]).values()
    assert [answer.sentence for answer in group] == speeds("1.10", "3.00")


def test_a_dozen_answers_of_a_large_sweep_are_unfolded():
    groups = {"A?": answers("1"), "B?": answers(*"x" * 30), "C?": answers(*"y" * 30)}
    assert unfolded(groups) == {"A?": 1, "B?": 6, "C?": 5}


def test_each_headline_of_a_large_sweep_has_an_answer_unfolded():
    assert unfolded({f"{number}?": answers(*"xyz") for number in range(14)}) == {
        f"{number}?": 1 for number in range(14)
    }


def test_eight_answers_of_a_small_sweep_are_unfolded():
    assert unfolded({"A?": answers(*"x" * 30), "B?": answers("1")}) == {"A?": 8, "B?": 1}
