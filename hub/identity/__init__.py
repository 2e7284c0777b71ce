"""Who may speak for which counter: enrolment, renewal, and the broker's rights."""
