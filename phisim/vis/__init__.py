"""Pictures of fields: Matplotlib figures and animations in HTML.  Both libraries load on use."""

from phisim.vis.animation import plot_animation as plot_animation
from phisim.vis.check import plot_check as plot_check
from phisim.vis.check import plot_gradient_norms as plot_gradient_norms
from phisim.vis.convergence import plot_convergence as plot_convergence
from phisim.vis.labels import Labels as Labels
from phisim.vis.plot import plot as plot
from phisim.vis.strip import plot_strip as plot_strip
