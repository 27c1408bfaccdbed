"""What a reviewer fills in, held against the rubric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbcohort.api import Criterion, Invalid, _
from nbpeer.aggregate import Scale
from nbpeer.compared import Said
from nbpeer.inline import Inline

Rubric = Sequence[Criterion]


@dataclass(frozen=True)
class Form:
    """Levels (criterion -> index), comments (criterion -> text), the comment on the whole, and those at cells.

    Where works are compared, `comparisons` with other tasks of the reviewer.
    """

    scores: Mapping[str, int]
    comments: Mapping[str, str]
    overall: str
    inline: tuple[Inline, ...] = ()
    comparisons: Mapping[str, Said] = field(default_factory=dict)


def check_form(form: Form, rubric: Rubric, *, submit: bool) -> None:
    """Raise Invalid, with the sentence for the reviewer, unless `form` fits `rubric`, and is complete if submitted."""
    criteria = {criterion.id: criterion for criterion in rubric}
    for name in [*form.scores, *form.comments]:
        if not criteria:
            raise Invalid(
                _("This review has no rubric: works are compared. Write on the whole, and say which is better.")
            )
        if name not in criteria:
            raise Invalid(
                _('The rubric has no criterion "{name}"; it has {criteria}.').format(
                    name=name, criteria=", ".join(criteria)
                )
            )
    for name, level in form.scores.items():
        if not 0 <= level < len(criteria[name].levels):
            raise Invalid(
                _('"{criterion}" has the levels 0 to {last}, not {level}.').format(
                    criterion=name, last=len(criteria[name].levels) - 1, level=level
                )
            )
    if not submit:
        return
    if missing := [name for name in criteria if name not in form.scores]:
        raise Invalid(
            _("Choose a level for {criteria} before you submit the review; a draft can wait.").format(
                criteria=", ".join(missing)
            )
        )
    if not form.overall.strip():
        raise Invalid(
            _("Write an overall comment before you submit the review: what works, and one concrete next step.")
        )


def scales_of(rubric: Rubric) -> dict[str, Scale]:
    """Return what each criterion's levels are worth."""
    return {
        criterion.id: Scale(tuple(level.points for level in criterion.levels), criterion.weight) for criterion in rubric
    }
