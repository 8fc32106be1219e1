"""What the faults share: processes, databases, a load with a journal."""
