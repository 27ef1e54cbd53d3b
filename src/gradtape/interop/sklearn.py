"""tf.interop.sklearn: models as scikit-learn estimators."""

from gradtape._src.interchange.sklearn import (
    Classifier as Classifier,
    Regressor as Regressor,
)
