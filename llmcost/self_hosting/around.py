"""What self-hosting costs besides the machines' hours, and what of it a bill leaves out."""

import datetime
from dataclasses import dataclass, replace

from llmcost.errors import UsageError
from llmcost.self_hosting.catalogue import Instance
from llmcost.self_hosting.machine_prices import Price


@dataclass(frozen=True)
class Around:
    """US dollars a month, but for what is paid once."""

    storage_usd: float = 0.0  # of each machine
    network_usd: float = 0.0
    engineers: float = 0.0  # how many work on it, or what share of one
    engineer_usd: float = 0.0
    setup_usd: float = 0.0  # once
    setup_months: float = 12.0  # over which that is spread
    extra_usd: float = 0.0  # whatever else

    def __post_init__(self) -> None:
        if self.engineers and not self.engineer_usd:
            raise UsageError(
                f"engineers={self.engineers:g} needs what one costs", hint="engineer_usd_month=…, US dollars"
            )

    @property
    def fixed_usd(self) -> float:
        """A month, however many machines there are."""
        people = self.engineers * self.engineer_usd
        return self.network_usd + people + self.setup_usd / self.setup_months + self.extra_usd

    def of_machines_alone(self) -> "Around":
        """What grows with the number of machines."""
        return replace(self, network_usd=0.0, engineers=0.0, engineer_usd=0.0, setup_usd=0.0, extra_usd=0.0)


def caveats(
    around: Around, spare: int, interruptions: float, instance: Instance, price: Price, on: datetime.date
) -> list[str]:
    """Where the price is from, what it leaves out, and what of the rest is at 0, with what others count."""
    found = price.caveats(on)
    if instance.gpu_only and not price.is_given:
        found.append(f"{instance.provider} bills processor and memory apart")
    left_out = [
        words
        for is_counted, words in (
            (spare, "a machine in reserve (spare)"),
            (around.storage_usd, "disks (storage_usd_month)"),
            (around.network_usd, "network (network_usd_month)"),
            (around.setup_usd, "set-up (setup_usd; others count 2 to 3 months of work)"),
            (around.engineers, "people (engineers; others count 0.2 to 0.4 of one)"),
            (
                price.kind != "spot" or interruptions,
                "interruptions (interruptions_month; AWS saw 5 to 20% of p4d, p5 and g6f taken away in a month)",
            ),
        )
        if not is_counted
    ]
    if left_out and not around.extra_usd:
        found.append(f"not in the bill: {', '.join(left_out)}")
    return found
