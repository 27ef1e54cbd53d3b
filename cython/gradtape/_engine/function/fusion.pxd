"""Fusion: elementwise neighbours become one program."""

cdef list fused_steps(list steps, set live)        # steps with the same values in the slots that live on
