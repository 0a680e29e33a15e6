"""Flows with exact or published solutions, as objects: `phisim validate` runs them.

from phisim.physics.validation import CASES
for verdict in CASES["cavity-100"].verdicts():
print(verdict)
"""

from typing import Final

from phisim.physics.validation import (
    burgers,
    cavity,
    channel,
    convection,
    cylinder,
    step,
    transport,
    vortices,
)
from phisim.physics.validation.case import Case as Case
from phisim.physics.validation.case import Quantity as Quantity
from phisim.physics.validation.case import Run as Run
from phisim.physics.validation.case import Verdict as Verdict

CASES: Final = {
    case.name: case
    for topic in (vortices, channel, transport, burgers, cavity, convection, step, cylinder)
    for case in topic.CASES
}
