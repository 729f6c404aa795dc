"""Detectors: the runs of a version → places worth improving. A new one is a file here and a line in `DETECTORS`."""

from meta_agent.detectors.detect import DETECTORS, Detector, detect, detect_in

__all__ = ["DETECTORS", "Detector", "detect", "detect_in"]
