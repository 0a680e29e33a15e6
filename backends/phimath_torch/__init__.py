"""PyTorch as a backend of phimath: tensors on CPU, NVIDIA and Apple GPUs, with derivatives."""

from __future__ import annotations

from typing import ClassVar, final

from torch import Tensor

from phimath.backend import Backend
from phimath_torch.arrange import TorchArrange
from phimath_torch.compile import TorchCompile
from phimath_torch.convert import TorchConvert
from phimath_torch.create import TorchCreate
from phimath_torch.elementwise import TorchElementwise
from phimath_torch.gradient import TorchGradient
from phimath_torch.host import TorchHost
from phimath_torch.index import TorchIndex
from phimath_torch.linear_algebra import TorchLinearAlgebra
from phimath_torch.loop import TorchLoop
from phimath_torch.random import TorchRandom
from phimath_torch.reduce import TorchReduce
from phimath_torch.sparse import TorchSparse
from phimath_torch.spectral import TorchSpectral


@final
class TorchBackend(
    TorchConvert,
    TorchCreate,
    TorchElementwise,
    TorchReduce,
    TorchArrange,
    TorchIndex,
    TorchLinearAlgebra,
    TorchSparse,
    TorchSpectral,
    TorchRandom,
    TorchGradient,
    TorchLoop,
    TorchHost,
    TorchCompile,
    Backend[Tensor],
):
    """All topics on PyTorch.

    uint16, uint32 and uint64 can be stored, converted, cut and joined, but PyTorch computes with
    uint8 and signed integers only: cast first.
    """

    name: ClassVar[str] = "torch"
    channels_last: ClassVar[bool] = False


backend = TorchBackend()
