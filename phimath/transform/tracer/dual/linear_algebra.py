"""Topic `linear_algebra` of dual arrays.

Sources: Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008); of thin factors, Walter and Lehmann, Algorithmic differentiation of linear
algebra functions, Optim. Methods Softw. 28 (2013); of complex matrices, Wan and Zhang, Automatic
differentiation for complex valued SVD, arXiv:1909.02659 (2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.transform.tracer.dual.matrices import (
    adjoint,
    column,
    columns,
    conjugate,
    constant,
    diagonal,
    inverse_gaps,
    like,
    real,
    row,
    size,
    times,
)
from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from phimath.backend.pattern import CompressedRows
    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual
    from phimath.transform.tracer.dual.values import Value


class DualLinearAlgebra(DualParts):
    """Products are linear in each factor.

    Derivatives of eigenvectors and singular vectors are infinite where values coincide.
    """

    def matmul(self, a: Dual, b: Dual) -> Dual:
        """Product rule."""
        matmul = self.inner.matmul
        terms: list[Native] = []
        if a.tangent is not None:
            terms.append(matmul(a.tangent, b.primal))
        if b.tangent is not None:
            terms.append(matmul(a.primal, b.tangent))
        return self.dual(matmul(a.primal, b.primal), self.total(terms))

    def einsum(self, subscripts: str, *arrays: Dual) -> Dual:
        """Product rule."""
        primals = [a.primal for a in arrays]
        einsum = self.inner.einsum
        terms = [
            einsum(subscripts, *primals[:i], a.tangent, *primals[i + 1 :])
            for i, a in enumerate(arrays)
            if a.tangent is not None
        ]
        return self.dual(einsum(subscripts, *primals), self.total(terms))

    def solve(self, a: Dual, b: Dual) -> Dual:
        """A X = B implies A dX = dB − dA X."""
        inner = self.inner
        x = inner.solve(a.primal, b.primal)
        right = b.tangent
        if a.tangent is not None:
            product = inner.matmul(a.tangent, x)
            negative, subtract = inner.function("negative"), inner.function("subtract")
            right = negative(product) if right is None else subtract(right, product)
        return self.dual(x, None if right is None else inner.solve(a.primal, right))

    def eigh(self, a: Dual) -> tuple[Dual, Dual]:
        """With P = Vᴴ dA V: dw = diag P, dV = V (P / (wⱼ − wᵢ)), section 3.1 of Giles."""
        w, v = map(self.values.of, self.inner.eigh(a.primal))
        if a.tangent is None:
            return self.constant(w.native), self.constant(v.native)
        da = self.values.of(a.tangent)
        p = times(adjoint(v), (da + adjoint(da)) / 2, v)  # Hermitian up to rounding
        dw = real(diagonal(p))
        dv = times(v, like(inverse_gaps(w), p) * p)
        return self.dual(w.native, dw.native), self.dual(v.native, dv.native)

    def eigenvalues(self, a: Dual) -> Dual:
        """dλ = uᴴ dA v / uᴴ v, with the null vectors u, v of A − λ, Magnus (1985).

        Exact for eigenvalues that occur once.
        """
        values = self.inner.eigenvalues(a.primal)
        if a.tangent is None:
            return self.constant(values)
        w = self.values.of(values)
        matrix, change = (like(self.values.of(m), w) for m in (a.primal, a.tangent))
        n, rank = size(w, -1), len(self.inner.sizes(values))
        # One matrix per eigenvalue: (…, eigenvalue, row, column).
        matrix, change = (
            self.values.of(self.inner.expand_dims(m.native, (rank - 1,))) for m in (matrix, change)
        )
        shifted = matrix - column(column(w)) * constant(np.eye(n), w)
        u, _, vh = map(self.values.of, self.inner.svd(shifted.native))
        left, right = columns(u, slice(n - 1, n)), columns(adjoint(vh), slice(n - 1, n))
        tangent = times(adjoint(left), change, right) / times(adjoint(left), right)
        return self.dual(values, self.inner.reshape(tangent.native, self.inner.sizes(values)))

    def sparse_matmul(self, pattern: CompressedRows, values: Dual, x: Dual) -> Dual:
        """Product rule."""
        product = self.inner.sparse_matmul
        terms: list[Native] = []
        if values.tangent is not None:
            terms.append(product(pattern, values.tangent, x.primal))
        if x.tangent is not None:
            terms.append(product(pattern, values.primal, x.tangent))
        return self.dual(product(pattern, values.primal, x.primal), self.total(terms))

    def svd(self, a: Dual) -> tuple[Dual, Dual, Dual]:
        """Of thin factors, complex ones too: Wan and Zhang, eqs. 8 to 12."""
        u, s, vh = map(self.values.of, self.inner.svd(a.primal))
        if a.tangent is None:
            return self.constant(u.native), self.constant(s.native), self.constant(vh.native)
        da, v = self.values.of(a.tangent), adjoint(vh)
        p = times(adjoint(u), da, v)
        ds = real(diagonal(p))
        widths = like(s, p)
        gaps = like(inverse_gaps(s * s), p)
        # Each pair of singular vectors keeps its phase relative to the other one.
        phase = (diagonal(p) - conjugate(diagonal(p))) / (2 * _unless_zero(widths, s))
        turn = gaps * (p * row(widths) + column(widths) * adjoint(p))
        turn = turn + row(phase) * constant(np.eye(size(s, -1)), p)
        du = times(u, turn)
        dv = times(v, gaps * (column(widths) * p + adjoint(p) * row(widths)))
        if size(u, -2) > size(u, -1):
            outside = times(da, v)
            outside = outside - times(u, times(adjoint(u), outside))
            du = du + outside / row(widths)
        if size(v, -2) > size(v, -1):
            outside = times(adjoint(da), u)
            outside = outside - times(v, times(adjoint(v), outside))
            dv = dv + outside / row(widths)
        return (
            self.dual(u.native, du.native),
            self.dual(s.native, ds.native),
            self.dual(vh.native, adjoint(dv).native),
        )

    def qr(self, a: Dual) -> tuple[Dual, Dual]:
        """Of the leading square or tall part; further columns of R follow from Qᴴ A."""
        q, r = map(self.values.of, self.inner.qr(a.primal))
        if a.tangent is None:
            return self.constant(q.native), self.constant(r.native)
        matrix, da = self.values.of(a.primal), self.values.of(a.tangent)
        count = size(q, -1)
        left, right = slice(0, count), slice(count, size(r, -1))
        dq, dr = self._change_of_tall(q, columns(r, left), columns(da, left))
        if size(r, -1) > count:
            rest = times(adjoint(dq), columns(matrix, right))
            rest = rest + times(adjoint(q), columns(da, right))
            axis = len(self.inner.sizes(a.primal)) - 1
            dr = self.values.of(self.inner.concat([dr.native, rest.native], axis))
        return self.dual(q.native, dq.native), self.dual(r.native, dr.native)

    def _change_of_tall(self, q: Value, r: Value, da: Value) -> tuple[Value, Value]:
        """With M = Qᴴ dA R⁻¹: dQ = (dA R⁻¹ − Q M) + Q Ω, dR = (M − Ω) R, Ω skew-Hermitian."""
        # X R = dA, by columns: Rᴴ Xᴴ = dAᴴ.
        solution = self.inner.solve(adjoint(r).native, adjoint(da).native)
        x = adjoint(self.values.of(solution))
        m = times(adjoint(q), x)
        below = m * constant(np.tri(size(r, -2), k=-1), m)
        omega = below - adjoint(below)
        # The diagonal of R stays real.
        phase = (diagonal(m) - conjugate(diagonal(m))) / 2
        omega = omega + row(phase) * constant(np.eye(size(r, -2)), m)
        return x + times(q, omega - m), times(m - omega, r)


def _unless_zero(widths: Value, s: Value) -> Value:
    """Singular values, 1 instead of rounding errors: vectors of zero have phases of their own."""
    backend = s.on.backend
    largest = s.on.of(backend.max(s.native, (len(backend.sizes(s.native)) - 1,)))
    rounding = 1e3 * float(np.finfo(backend.dtype(s.native).name).eps)
    return s.on.where(s <= column(largest) * rounding, 1, widths)
