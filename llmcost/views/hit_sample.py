"""A sample of hits to be judged, as a labels file."""

from dataclasses import dataclass

from llmcost.render.view import Flat, View
from llmcost.reports.scope import Row
from llmcost.what_ifs.hit_sample import COLUMNS


@dataclass(frozen=True)
class HitSampleView(View):
    """Pairs of prompts with an empty label each."""

    pairs: list[Row]

    def flat(self) -> Flat:
        return Flat(self.pairs, COLUMNS)
