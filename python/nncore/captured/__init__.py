"""Captured steps: `nncore.compile` captures the kernel calls of a step and replays them.

`step` is what a user calls: it replays plans, captures and audits. `variant` holds the plans for one kind of
arguments, `reads` finds the plain values that the code of a step reads, `actions` holds the steps of
schedules, `tree` describes results, `epoch` passes over arrays, `explain` describes a plan.
"""
