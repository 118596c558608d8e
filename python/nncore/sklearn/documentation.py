"""The text that the docstrings of the estimators share."""

from __future__ import annotations

from typing import Any

__all__ = ["described"]

PARAMETERS = """
    Parameters with the meanings of `sklearn.neural_network.MLPClassifier`:

    * hidden_layer_sizes=(100,): the sizes of the hidden layers.
    * activation="relu": the name of an activation of `nncore.nn`, "logistic" or "identity", also a module or
      a function that makes one.
    * solver="adam": "adam", "sgd" or "lbfgs" (SciPy's L-BFGS-B on all rows).
    * alpha=0.0001: the strength of the L2 penalty, alpha / 2 times the sum of the squared weights (not
      biases), divided by the number of rows of a batch or by the sum of their weights.
    * batch_size="auto": the rows of a batch; "auto" means min(200, n).
    * learning_rate_init=0.001, and for sgd learning_rate="constant", "invscaling" (divided by (t + 1)^power_t
      after an epoch, for t rows seen) or "adaptive" (divided by 5 instead of stopping, down to 1e-6);
      power_t=0.5.
    * momentum=0.9 and nesterovs_momentum=True, for sgd; beta_1=0.9, beta_2=0.999 and epsilon=1e-8, for adam.
    * max_iter=200: the most epochs, or iterations of lbfgs; max_fun=15000: its most evaluations.
    * tol=1e-4 and n_iter_no_change=10: training ends if so many epochs in a row gain less than tol; for lbfgs
      tol bounds the largest element of the gradient.
    * early_stopping=False and validation_fraction=0.1: judge epochs by the score on rows that are set aside,
      and restore the best weights.
    * shuffle=True: take the rows of each epoch in another order.
    * random_state=None: an int or RandomState determines first weights, validation rows, order and dropout.
    * warm_start=False: whether `fit` goes on with the weights of the last `fit`.
    * verbose=False: whether to print each epoch.

    Parameters of nncore:

    * dropout=0.0: the probability with which dropout after each hidden activation zeroes an element.
    * batch_norm=False: whether a batch norm stands before each hidden activation.
    * module=None: a network of your own, which replaces all of the layers: a module, which is copied, or a
      function of (n_features, n_outputs) that makes one.
"""

ATTRIBUTES = """
    Attributes after `fit`: module_ (the network, an `nncore.nn.Module`), coefs_ and intercepts_ (lists of
    arrays (fan_in, fan_out) and (fan_out,), which share memory with the network; absent with `module`),
    loss_, n_iter_, n_outputs_, out_activation_, n_layers_ (absent with `module`), n_features_in_,
    feature_names_in_ (for columns with names), t_ (rows seen); with sgd and adam also loss_curve_, best_loss_
    (None with early stopping), validation_scores_ and best_validation_score_ (None without it).

    Ctrl-C ends training with a warning and keeps the weights so far.
"""


def described(kind: Any) -> Any:
    """The class with the shared text in its docstring."""
    kind.__doc__ = kind.__doc__.replace("    {parameters}\n", PARAMETERS.strip("\n") + "\n").replace(
        "    {attributes}\n", ATTRIBUTES.strip("\n") + "\n"
    )
    return kind
