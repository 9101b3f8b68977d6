"""From numbers to consequences: what would follow for people if a system were used as claimed.

Takes rates with their uncertainty, never findings; does not know `audits`. May import
`declared`, `stats` and `domain`. Must never print a number whose origin it cannot name.
"""

from facevalue.simulate.consequences import (
    QUANTITIES,
    Consequences,
    Deployment,
    Quantity,
    Spread,
    consequences,
    deployment_of,
)
from facevalue.simulate.facts import Fact, fact, facts
from facevalue.simulate.looks import flagged_at_least_once
from facevalue.simulate.rates import (
    Answers,
    Rates,
    claimed_rates,
    measured_rates,
    published_rates,
)
from facevalue.simulate.record import (
    Simulated,
    Unsimulated,
    alone,
    as_json,
    read_consequences,
    write_consequences,
)
from facevalue.simulate.scenario import (
    Amount,
    FlagSpec,
    Scenario,
    read_scenario,
    scenario,
    scenario_names,
    scenario_schema,
)
from facevalue.simulate.sensitivity import Sweep, Swing, sweep, tornado

__all__ = [
    "QUANTITIES",
    "Amount",
    "Answers",
    "Consequences",
    "Deployment",
    "Fact",
    "FlagSpec",
    "Quantity",
    "Rates",
    "Scenario",
    "Simulated",
    "Spread",
    "Sweep",
    "Swing",
    "Unsimulated",
    "alone",
    "as_json",
    "claimed_rates",
    "consequences",
    "deployment_of",
    "fact",
    "facts",
    "flagged_at_least_once",
    "measured_rates",
    "published_rates",
    "read_consequences",
    "read_scenario",
    "scenario",
    "scenario_names",
    "scenario_schema",
    "sweep",
    "tornado",
    "write_consequences",
]
