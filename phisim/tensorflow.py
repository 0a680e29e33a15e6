"""`from phisim.tensorflow import *`: the vocabulary, with TensorFlow as backend of the process."""

from phimath.context import use_by_import
from phisim.names import *  # noqa: F403  (this is what the import line is for)
from phisim.names import __all__ as __all__

use_by_import("tensorflow")
