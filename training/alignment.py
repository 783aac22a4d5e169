"""Where a new piece starts: near the teacher's English pieces that it stands beside in translations.

Two steps. *Lexical*: a piece is the softmax-weighted mean of the teacher's embeddings of its best partners by
Dice × PMI over sentence co-occurrence. *Ridge*: all pieces are then moved, as little as needed, so that the
idf-weighted mean embedding of a sentence meets that of its English (least squares by conjugate gradients); this lets
words of a sentence share out what they mean together, which counting pair by pair cannot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = NDArray[np.float32]


def bag(rows: Sequence[Sequence[int]], width: int) -> sparse.csr_matrix:
    """Which pieces (columns) stand in which sentences (rows), as ones."""
    counts = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    pointers = np.concatenate([[0], np.cumsum(counts)])
    columns = np.fromiter((piece for row in rows for piece in row), dtype=np.int32, count=int(pointers[-1]))
    matrix = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, pointers), shape=(len(rows), width))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def lexical_start(
    student: sparse.csr_matrix, teacher: sparse.csr_matrix, embeddings: Matrix, partners: int = 6, scale: float = 8.0
) -> Matrix:
    """Embed each student piece by its best English partners.

    `student` (sentences × student pieces) and `teacher` (sentences × teacher pieces) are bags of the same sentences;
    `embeddings` is (teacher pieces × dimensions). Pieces never seen get the mean teacher embedding.
    """
    together = (student.T @ teacher).tocsr()
    own = np.asarray(student.sum(axis=0)).ravel()
    theirs = np.asarray(teacher.sum(axis=0)).ravel()
    sentences = student.shape[0]
    start = np.tile(embeddings.mean(axis=0), (student.shape[1], 1)).astype(np.float32)
    for piece in range(student.shape[1]):
        low, high = together.indptr[piece], together.indptr[piece + 1]
        if low == high:
            continue
        others, count = together.indices[low:high], together.data[low:high]
        dice = 2 * count / (own[piece] + theirs[others])
        pmi = np.maximum(np.log(count * sentences / (own[piece] * theirs[others])), 0)
        score = dice * pmi
        best = np.argsort(score)[-partners:]
        weight = np.exp(scale * (score[best] / max(float(score[best].max()), 1e-9) - 1))
        start[piece] = (weight / weight.sum()) @ embeddings[others[best]]
    return start


def ridge_start(
    student: sparse.csr_matrix,
    teacher: sparse.csr_matrix,
    embeddings: Matrix,
    start: Matrix,
    penalty: float = 20.0,
    rounds: int = 12,
) -> Matrix:
    """Move `start` towards agreeing sentence means, `penalty` sentences' worth of pull back to where it was.

    Each piece keeps the length that it had, since the body was trained on embeddings of those lengths.
    """
    weighted, target_bag = _idf_mean(student), _idf_mean(teacher)
    gap = target_bag @ embeddings - weighted @ start
    size = weighted.shape[0] / max(1, weighted.nnz)  # so that `penalty` is in units of sentences
    move = np.zeros_like(start)
    residual = weighted.T @ gap
    direction = residual.copy()
    norm = np.einsum("ij,ij->j", residual, residual)
    for _ in range(rounds):
        applied = weighted.T @ (weighted @ direction) + penalty * size**2 * direction
        step = norm / np.maximum(np.einsum("ij,ij->j", direction, applied), 1e-12)
        move += step * direction
        residual -= step * applied
        renewed = np.einsum("ij,ij->j", residual, residual)
        direction = residual + renewed / np.maximum(norm, 1e-12) * direction
        norm = renewed
    moved = start + move
    length = np.linalg.norm(start, axis=1, keepdims=True)
    kept: Matrix = (moved * length / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6)).astype(np.float32)
    return kept


def _idf_mean(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    seen = np.asarray(matrix.sum(axis=0)).ravel()
    idf = np.log(1 + matrix.shape[0] / (1 + seen)).astype(np.float32)
    weighted = matrix.multiply(idf).tocsr()
    total = np.asarray(weighted.sum(axis=1)).ravel()
    scaled: sparse.csr_matrix = sparse.diags((1 / np.maximum(total, 1e-6)).astype(np.float32)) @ weighted
    return scaled
