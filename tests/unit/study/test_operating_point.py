"""Which operating point holds of a finding and model."""

from multisite.study import OperatingPoint, operating_point_of

OF_FINDING = OperatingPoint(finding="nodule", threshold=0.2, prevalence=0.05, prevalence_source="registry")


def test_what_a_model_s_point_leaves_out_is_that_of_the_finding() -> None:
    own = OperatingPoint(finding="nodule", model="b", prevalence=0.1, prevalence_source="own count")
    points = (OF_FINDING, own)
    assert operating_point_of(points, "nodule", "a") == OF_FINDING
    found = operating_point_of(points, "nodule", "b")
    assert found is not None
    assert (found.threshold, found.prevalence, found.prevalence_source) == (0.2, 0.1, "own count")
    assert operating_point_of((own,), "nodule", "b") == own
    assert operating_point_of(points, "effusion", "b") is None
