"""tf.saved_model: variables and what functions compute, without their code, in files of gradtape's own."""

from gradtape._src.saved_model.loading import contains_saved_model as contains_saved_model, load as load
from gradtape._src.saved_model.saving import save as save
