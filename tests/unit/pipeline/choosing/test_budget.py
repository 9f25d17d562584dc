"""A time is filled and kept to, what is stated stays, and what was chosen once is found again."""

from dataclasses import dataclass, field

import pytest

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.errors import RecipeError, StorageError
from partsight.pipeline.choosing import budget, speeds
from partsight.pipeline.choosing.allocation import (
    ALLOCATIONS,
    LEAST_PASSES,
    LEAST_RENDERS,
    MOST_PASSES,
    MOST_RENDERS,
    allocation_for,
    divide,
    fit_cost,
)
from partsight.pipeline.choosing.budget import draw_within, expect_budget, settle_budget, sized, train_within
from partsight.pipeline.choosing.memory import CHOICES
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence


def cost_of(render_s: float, train_s: float, others_s: float = 60.0):
    return lambda count, epochs: others_s + count * render_s + 0.8 * count * epochs * train_s


@pytest.mark.parametrize("minutes", [5, 20, 60, 600])
@pytest.mark.parametrize(("render_s", "train_s"), [(0.3, 0.05), (1.0, 0.3), (5.0, 0.1)])
def test_a_time_is_filled_and_never_exceeded(minutes, render_s, train_s):
    cost = fit_cost(cost_of(render_s, train_s))
    found = divide(60 * minutes, cost, allocation_for(minutes).passes, count=None, epochs=None)
    used = cost(found.count, found.epochs)
    assert used <= 60 * minutes
    is_full = found.count == MOST_RENDERS and found.epochs == MOST_PASSES
    assert is_full or used >= 0.85 * 60 * minutes


def test_a_fitted_cost_is_the_very_cost_of_stages_that_grow_evenly():
    measure = cost_of(0.7, 0.2)
    fitted = fit_cost(measure)
    assert [fitted(n, e) for n, e in ((40, 3), (700, 12), (5000, 90))] == pytest.approx(
        [measure(n, e) for n, e in ((40, 3), (700, 12), (5000, 90))]
    )


@pytest.mark.parametrize(
    "stated", [{"count": 300, "epochs": None}, {"count": None, "epochs": 9}, {"count": 300, "epochs": 9}]
)
def test_stated_numbers_stay(stated):
    found = divide(3600, fit_cost(cost_of(0.5, 0.1)), 12, **stated)
    assert [getattr(found, name) for name, value in stated.items() if value] == [v for v in stated.values() if v]


def test_a_longer_time_never_gives_less():
    cost = fit_cost(cost_of(0.8, 0.15))
    rows = [divide(60 * minutes, cost, 12, count=None, epochs=None) for minutes in range(4, 400, 7)]
    assert [row.count for row in rows] == sorted(row.count for row in rows)


def test_times_too_short_for_the_least_give_nothing():
    cost = fit_cost(cost_of(1.0, 0.2))
    least = cost(LEAST_RENDERS, LEAST_PASSES)
    assert divide(least - 1, cost, 12, count=None, epochs=None) is None
    assert divide(least + 1, cost, 12, count=None, epochs=None).count >= LEAST_RENDERS


def test_every_time_has_a_row_and_inputs_are_whole_strides():
    assert [row.up_to_min for row in ALLOCATIONS] == sorted(row.up_to_min for row in ALLOCATIONS)
    assert allocation_for(1e9) == ALLOCATIONS[-1]
    assert all(row.input_px % 32 == 0 and row.render_px >= row.input_px for row in ALLOCATIONS)


@dataclass
class Machine:
    """One on which drawing and training take these seconds, with a clock of its own."""

    render_s: float = 1.0
    train_s: float = 0.1
    now: float = 0.0
    drawn: list[int] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def draw(self, recipe: Recipe, *_others) -> None:
        done = self.drawn[-1] if self.drawn else 0
        self.now += (recipe.render.count - done) * self.render_s
        self.drawn.append(recipe.render.count)

    def cost(self, recipe: Recipe, **_others) -> float:
        left = max(recipe.render.count - (self.drawn[-1] if self.drawn else 0), 0)
        return 60 + left * self.render_s + 0.8 * recipe.render.count * recipe.train.epochs * self.train_s


class Nothing:
    """Stands for stages that need not be."""

    def __init__(self, *_arguments) -> None:
        self.dataset = None
        self.splits = None

    def resolve(self, _stage) -> "Nothing":
        return self


@pytest.fixture
def machine(monkeypatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(budget, "time", one)
    monkeypatch.setattr(budget, "_draw", one.draw)
    monkeypatch.setattr(budget, "_cost", one.cost)
    monkeypatch.setattr(budget, "_slowness", lambda *_others: 1.0)
    monkeypatch.setattr(budget, "Graph", Nothing)
    monkeypatch.setattr(budget, "Run", Nothing)
    return one


def recipe_of(minutes=30, **sections) -> Recipe:
    return Recipe.of(parts={"a": {"files": ["a.step"]}}, budget={"minutes": minutes}, **sections)


def fixed(recipe: Recipe, workspace: Workspace) -> Recipe:
    return train_within(recipe, workspace, Silence(), lambda _recipe: "scalar_rgb")


@pytest.mark.parametrize("minutes", [15, 60, 240])
def test_a_run_ends_in_its_time(machine, tmp_path, minutes):
    recipe = recipe_of(minutes)
    chosen = fixed(recipe, Workspace(tmp_path))
    total = machine.now + machine.cost(chosen)
    assert 0.85 * 60 * minutes <= total <= 60 * minutes
    assert chosen.render.count == machine.drawn[-1]


def test_a_machine_that_becomes_busy_while_drawing_still_ends_in_its_time(machine, tmp_path):
    def slower(recipe, *others):
        Machine.draw(machine, recipe, *others)
        machine.render_s = 3.0

    budget._draw = slower  # put back by the fixture
    chosen = fixed(recipe_of(60), Workspace(tmp_path))
    assert machine.now + machine.cost(chosen) <= 1.15 * 3600


def test_the_same_command_finds_its_numbers_whatever_the_machine_does_meanwhile(machine, tmp_path):
    recipe, workspace = recipe_of(), Workspace(tmp_path)
    chosen = fixed(recipe, workspace)
    num_draws = len(machine.drawn)
    machine.render_s, machine.train_s = 9.0, 9.0
    assert fixed(recipe, workspace) == chosen == settle_budget(recipe, workspace)
    assert expect_budget(recipe, workspace, lambda _recipe: "scalar_rgb") == chosen
    assert len(machine.drawn) == num_draws


def test_the_stages_that_are_shown_are_those_that_were_run(machine, tmp_path):
    experiment = Experiment(recipe_of(), Workspace(tmp_path), Silence())
    expected = experiment.graph.recipe
    assert machine.drawn == []
    settled = experiment.settle().recipe
    assert machine.drawn
    assert experiment.graph.recipe == settled
    assert expected.train.image_size == settled.train.image_size


def test_renders_are_chosen_before_epochs_and_both_stay(machine, tmp_path):
    recipe, workspace = recipe_of(), Workspace(tmp_path)
    drawn = draw_within(recipe, workspace, Silence(), lambda _recipe: "scalar_rgb")
    assert settle_budget(recipe, workspace) == drawn
    machine.now += 600  # a pause in which something else was done takes nothing away
    assert fixed(recipe, workspace).render.count == drawn.render.count


def test_another_time_or_recipe_chooses_anew_and_another_title_does_not(machine, tmp_path):
    workspace = Workspace(tmp_path)
    chosen = fixed(recipe_of(), workspace)
    assert settle_budget(recipe_of(name="b", report={"title": "t"}), workspace).train == chosen.train
    for other in (recipe_of(31), recipe_of(seed=1), recipe_of(annotate={"min_visible_fraction": 0.4})):
        assert settle_budget(other, workspace) == other


def test_a_preset_gives_way_and_what_is_stated_stays(machine, tmp_path):
    recipe = recipe_of(preset="workshop", train={"image_size": 224}, render={"samples_per_pixel": 9, "width": 200})
    chosen = fixed(recipe, Workspace(tmp_path))
    assert (chosen.train.image_size, chosen.render.samples_per_pixel, chosen.render.width) == (224, 9, 200)
    assert chosen.render.count != recipe.render.count
    assert chosen.randomize == recipe.randomize
    stated = recipe_of(render={"count": 50}, train={"epochs": 4})
    assert fixed(stated, Workspace(tmp_path)).at("render.count", 50).train.epochs == 4
    assert fixed(stated, Workspace(tmp_path)).render.count == 50


def test_the_recipe_of_a_finished_run_is_followed_as_it_stands(machine, tmp_path):
    """What was chosen is in it; its time chooses nothing anew, in whatever workspace."""
    chosen = fixed(recipe_of(), Workspace(tmp_path))
    written = Recipe.parse(effective_recipe(chosen))
    assert written.budget.minutes == 30
    machine.render_s = 9.0
    again = fixed(written, Workspace(tmp_path / "other"))
    assert (again.render, again.train.epochs) == (chosen.render, chosen.train.epochs)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '{"numbers": {"render.count": "many"}, "spent_s": 1, "is_fixed": true}',
        '{"numbers": [1], "spent_s": 1, "is_fixed": true}',
        '{"numbers": {"render.blender": 7}, "spent_s": 1, "is_fixed": true}',
        '{"numbers": {"cluster.setup": "touch x"}, "spent_s": 1, "is_fixed": true}',
    ],
)
def test_a_choice_that_is_damaged_or_of_other_keys_is_refused(machine, tmp_path, content):
    """A folder of runs may come from somebody else: nothing in it sets what is as trusted as a script."""
    workspace = Workspace(tmp_path)
    fixed(recipe_of(), workspace)
    (path,) = (workspace.root / CHOICES).iterdir()
    path.write_text(content)
    with pytest.raises(StorageError, match="Delete"):
        settle_budget(recipe_of(), workspace)


def test_a_time_that_nothing_can_follow_from_is_told_not_to_be_kept_to(machine, tmp_path):
    said: list[str] = []

    class Telling(Silence):
        def say(self, message: str) -> None:
            said.append(message)

    stated = recipe_of(render={"count": 50}, train={"epochs": 4})
    draw_within(stated, Workspace(tmp_path), Telling(), lambda _recipe: "scalar_rgb")
    assert budget.NOT_KEPT in said
    said.clear()
    draw_within(recipe_of(render={"count": 50}), Workspace(tmp_path), Telling(), lambda _recipe: "scalar_rgb")
    assert budget.NOT_KEPT not in said


def test_small_parts_get_larger_inputs():
    assert sized(recipe_of(preset="table")).train.image_size > sized(recipe_of()).train.image_size


def test_a_time_too_short_is_told_with_the_least_that_works(machine, tmp_path):
    with pytest.raises(RecipeError, match=r"budget.minutes = 1: too short.* set budget.minutes = (\d+)") as raised:
        fixed(recipe_of(1), Workspace(tmp_path))
    least = int(str(raised.value).split("budget.minutes = ")[2].split(",")[0])
    machine.drawn.clear()
    machine.now = 0.0
    assert fixed(recipe_of(least + 1), Workspace(tmp_path)).render.count >= LEAST_RENDERS


def test_without_a_time_the_recipes_numbers_stay(machine, tmp_path):
    recipe = Recipe.of(parts={"a": {"files": ["a.step"]}})
    assert fixed(recipe, Workspace(tmp_path)) is recipe
    assert machine.drawn == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 3}'])
def test_speeds_that_cannot_be_read_are_measured_anew(tmp_path, monkeypatch, content):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "partsight").mkdir()
    (tmp_path / "partsight" / "speeds.json").write_text(content)
    stage = Stage()
    assert speeds.known_speed(stage, Workspace(tmp_path)) is None
    speeds.keep_speed(stage, 0.25)
    assert speeds.known_speed(stage, Workspace(tmp_path)) == 0.25


class Stage:
    name, speed_kind, manifest_type = "render", "320 × 320", object
