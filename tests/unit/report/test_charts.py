import numpy as np
import pytest

from partsight.report.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    f1_threshold_chart,
    precision_recall_chart,
    training_charts,
)

from .small import content


def points(line):
    return np.array([[float(value) for value in point.split(",")] for point in line.points.split()])


def test_lines_stay_inside_the_plot(tmp_path):
    figures = content(tmp_path).evaluation
    history = [{"train/loss": 3.3, "metrics/mAP50": 0.1}, {"train/loss": 0.1, "metrics/mAP50": 1.0}]
    for chart in (precision_recall_chart(figures), f1_threshold_chart(figures), *training_charts(history)):
        assert chart.lines
        for line in chart.lines:
            xs, ys = points(line).T
            assert (xs.min(), ys.min()) >= (LEFT, TOP - 0.05)
            assert (xs.max(), ys.max()) <= (RIGHT, BOTTOM)


def test_a_higher_value_is_drawn_higher_and_a_later_epoch_further_right():
    (chart,) = training_charts([{"loss": 2.0}, {"loss": 1.0}])
    (first, last) = points(chart.lines[0])
    assert first[0] < last[0]
    assert first[1] < last[1]


def test_the_threshold_in_use_is_marked(tmp_path):
    chart = f1_threshold_chart(content(tmp_path).evaluation)
    assert chart.marker is not None
    assert chart.marker.at == pytest.approx((LEFT + RIGHT) / 2)
    assert "0.50" in chart.description


def test_losses_and_rates_are_drawn_apart_and_the_rest_is_left_out():
    history = [{"train/box_loss": 1.0, "metrics/mAP50(B)": 0.2, "lr/pg0": 0.01}] * 3
    assert [[line.name for line in chart.lines] for chart in training_charts(history)] == [
        ["train/box_loss"],
        ["metrics/mAP50(B)"],
    ]


def test_train_and_validation_of_one_loss_share_their_color_and_differ_in_dash():
    chart = training_charts([{"train/box_loss": 1.0, "val/box_loss": 2.0}] * 2)[0]
    assert [(line.color, line.is_dashed) for line in chart.lines] == [("c0", False), ("c0", True)]


def test_an_epoch_whose_loss_is_not_a_number_leaves_a_gap_not_a_crash():
    (chart,) = training_charts([{"loss": 1.0}, {"loss": float("nan")}, {"loss": float("inf")}, {"loss": 0.5}])
    assert len(points(chart.lines[0])) == 2


def test_one_epoch_is_no_curve():
    assert training_charts([{"loss": 1.0}]) == ()
