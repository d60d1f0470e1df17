"""What the system does for a request: intake, probes, searches, enrolment."""
