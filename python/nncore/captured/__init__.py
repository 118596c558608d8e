"""Captured steps: `nncore.compile` captures the kernel calls of a step and replays them.

`step` is what a user calls, `variant` holds the plans for one kind of arguments, `reads` finds the plain
values that the code of a step reads, `audit` compares eager runs with plans.
"""
