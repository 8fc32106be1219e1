"""The faults that `scripts/faults` causes. One file tells one fault; those that tell none are in `kit`."""
