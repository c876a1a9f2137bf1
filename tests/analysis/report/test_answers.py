from gil_scaling.analysis.report.answers import Answer, main_answers


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
