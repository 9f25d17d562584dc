"""Recipe keys chosen by a tuner (Optuna; Akiba et al. 2019), judged by validation pictures alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.config.sections.running.sweep import TuneRange, Value
from partsight.errors import PartsightError, RecipeError
from partsight.files import hash_json
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.stages.train.stage import validation_map50
from partsight.pipeline.study.sweep import Sweep
from partsight.progress import Progress

SHARE_BEFORE_PRUNING = 0.3
"""Share of the epochs that every trial is allowed."""
TRIALS_BEFORE_PRUNING = 4


@dataclass(frozen=True, slots=True)
class TuneTrial:
    """One set of values that was tried."""

    number: int
    value: float | None
    """Best validation mAP50 over the epochs; None when it was given up."""
    state: str
    settings: str


@dataclass(frozen=True, slots=True)
class Tuned:
    """What the tuner found."""

    trials: tuple[TuneTrial, ...]
    best_value: float
    best_settings: tuple[str, ...]
    num_images: int
    """Validation pictures that the values rest on."""


def tune_recipe(sweep: Sweep, progress: Progress) -> Tuned:
    """Try settings until the recipe's number of trials is reached; a killed search goes on. Raises RecipeError."""
    optuna = _imported_optuna()
    recipe = sweep.recipe()
    if not recipe.sweep.tune:
        raise RecipeError(
            "sweep.tune is empty: name keys and ranges, as in\n"
            '  [sweep.tune]\n  "train.learning_rate" = {low = 0.0002, high = 0.005, log = true}'
        )
    study = _open_study(optuna, sweep, recipe)
    _take_up_lost_trials(optuna, study)
    finished = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED, optuna.trial.TrialState.FAIL)
    while len(study.get_trials(states=finished[:2])) < recipe.sweep.trials:
        study.optimize(lambda trial: _try(optuna, trial, sweep, progress), n_trials=1, catch=(PartsightError,))
        _give_up_when_all_fail(study, finished)
    return _described(study, sweep, progress)


def _imported_optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise RecipeError(
            f"Choosing keys by sweep.tune needs Optuna, which cannot be imported ({error}). Install it: pip install 'partsight[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _open_study(optuna: Any, sweep: Sweep, recipe: Recipe) -> Any:
    """Open the search of this recipe and these ranges, kept in one file of the workspace."""
    content = recipe.model_dump(
        mode="json", exclude={"sweep": {"trials", "seeds", "grid"}, "report": True, "cluster": True}
    )
    folder = sweep.workspace.stage_dir("tune", hash_json(content)[:16])
    folder.mkdir(parents=True, exist_ok=True)
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "trials.log"))
    return optuna.create_study(
        storage=optuna.storages.JournalStorage(backend),
        study_name="tune",
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=recipe.seed),
        pruner=optuna.pruners.MedianPruner(
            n_startup_trials=TRIALS_BEFORE_PRUNING, n_warmup_steps=round(SHARE_BEFORE_PRUNING * recipe.train.epochs)
        ),
    )


def _take_up_lost_trials(optuna: Any, study: Any) -> None:
    """Queue what a killed process was trying; its stages are found as far as they came."""
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params)


def _try(optuna: Any, trial: Any, sweep: Sweep, progress: Progress) -> float:
    """Train with the values that the tuner draws, and return the best validation mAP50."""
    settings = _draw(trial, sweep.recipe().sweep.tune)
    progress.say(f"trial {trial.number}: {', '.join(settings)}")

    def watch(epoch: int, figures: Mapping[str, float]) -> None:
        value = validation_map50(figures)
        if value is not None:
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

    recipe = read_recipe(sweep.recipe_path, sweep.settings, varied=settings)
    history = Experiment(recipe, sweep.workspace, progress, watch).train().history
    return max(value for figures in history if (value := validation_map50(figures)) is not None)


def _draw(trial: Any, ranges: Mapping[str, TuneRange]) -> tuple[str, ...]:
    return tuple(f"{key}={json.dumps(_suggested(trial, key, spec))}" for key, spec in ranges.items())


def _suggested(trial: Any, key: str, spec: TuneRange) -> Value:
    if spec.choices:
        choices = [json.dumps(choice) for choice in spec.choices]
        chosen: Value = json.loads(trial.suggest_categorical(key, choices))
        return chosen
    assert_range = (spec.low or 0.0, spec.high or 0.0)
    if spec.integer:
        whole: int = trial.suggest_int(key, round(assert_range[0]), round(assert_range[1]), log=spec.log)
        return whole
    value: float = trial.suggest_float(key, *assert_range, log=spec.log)
    return value


def _give_up_when_all_fail(study: Any, finished: tuple[Any, ...]) -> None:
    """Raise RecipeError when the first trials all failed: more of them would fail too."""
    trials = study.get_trials(states=finished)
    if len(trials) >= 3 and all(trial.state == finished[2] for trial in trials[:3]):
        raise RecipeError("sweep.tune: the first three trials failed; run `partsight train` to see why.")


def _described(study: Any, sweep: Sweep, progress: Progress) -> Tuned:
    trials = tuple(
        TuneTrial(
            trial.number,
            trial.value if trial.state.name == "COMPLETE" else None,
            trial.state.name.lower(),
            _words(trial.params),
        )
        for trial in study.get_trials()
    )
    best = tuple(f"{key} = {value}" for key, value in study.best_params.items())
    validation = Experiment(sweep.recipe(), sweep.workspace, progress).assemble().splits.validation
    return Tuned(trials, float(study.best_value), best, len(validation.samples))


def _words(params: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in params.items()
    )
