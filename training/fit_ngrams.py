"""Hashed n-grams as a sparse matrix, and the linear model over them."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from edge_agent.models.text_ngrams import Plan, features
from schemas.vocabulary import Language


def matrix(texts: Sequence[tuple[str, str]], plan: Plan) -> csr_matrix:
    """`texts`: (text, language). Shape (texts, 2**bits)."""
    rows = [features(text, Language(language), plan) for text, language in texts]
    pointers = np.cumsum([0, *(len(indices) for indices, _ in rows)])
    return csr_matrix(
        (
            np.concatenate([v for _, v in rows]).astype(np.float64),
            np.concatenate([i for i, _ in rows]),
            pointers,
        ),
        shape=(len(rows), 2**plan.bits),
    )


def fit(
    data: csr_matrix,
    labels: Sequence[str],
    weights: np.ndarray,
    inverse_penalty: float,
    tolerance: float = 1e-10,
) -> LogisticRegression:
    """The optimum is one, because it is penalised; `tolerance` says how near to it."""
    return LogisticRegression(
        C=inverse_penalty, tol=tolerance, max_iter=500, solver="newton-cg"
    ).fit(data, labels, sample_weight=weights)
