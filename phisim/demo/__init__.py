"""`phisim demo`: simulations that run from the command line."""

from phisim.demo.command import main as main
