"""The built-in set ``builtin:faces``: drawn cartoon faces whose factors of variation are known.

Pictures of any resolution from 16 to 512, each a function of (seed, index) alone, made with numpy and Pillow.

  * ``Faces(resolution, count, seed)`` is a set: a sequence of pictures, and their factors as labelled arrays.
  * ``FACTORS`` lists what varies; ``sample(indices, seed)`` returns the values of many faces at once.
  * ``draw(factors, resolution)`` draws one face, so one factor can be changed while the others stay.
"""

from tfstylegan.data.faces.dataset import Faces
from tfstylegan.data.faces.drawing import draw
from tfstylegan.data.faces.factors import FACTORS, Factor, sample

__all__ = ["FACTORS", "Faces", "Factor", "draw", "sample"]
