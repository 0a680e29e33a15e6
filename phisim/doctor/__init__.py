"""`phisim doctor`: what is installed, whether it works, and how to fix what doesn't."""

from phisim.doctor.command import main as main
