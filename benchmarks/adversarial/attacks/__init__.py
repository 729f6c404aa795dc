"""The attacks, one class a line; each makes a harmful patch for a workflow, and the class says how."""

from collections.abc import Callable
from random import Random

from benchmarks.adversarial.attacks import laundering, pointers, resources, structure, text, values
from benchmarks.adversarial.case import Case
from workflow import Workflow

Attack = Callable[[Random, Workflow], Case]

ATTACKS: dict[str, Attack] = {
    "P01 retarget what runs": values.retarget,
    "P02 add a step, tool or agent": structure.add_something,
    "P03 weaken a guard": values.weaken_guard,
    "P04 touch tests and policies": structure.touch_judges,
    "P05 reach for secrets": values.reach_for_secrets,
    "P06 a prompt that poses as words": text.pose_as_documentation,
    "P07 crooked pointers": pointers.bend_pointer,
    "P08 sheer size": resources.exhaust,
    "P09 move and test": pointers.abuse_operations,
    "P10 drift by small steps": laundering.drift,
    "P10 back and forth": laundering.oscillate,
    "P10 many changes in one": laundering.bundle,
    "P11 YAML that says two things": text.share_by_anchor,
    "P12 paths that lead elsewhere": text.lead_elsewhere,
    "P13 hidden characters": text.hide_characters,
}
"""Classes of what a patch could do wrong; the generator knows that it does, whatever the gate says."""
