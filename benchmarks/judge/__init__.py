"""Judgement measured: speed, calibration, fairness; each subject is a module with `figures`."""
