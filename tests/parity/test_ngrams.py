"""tf.strings.ngrams compared with TensorFlow's."""

import pytest
from compare import same

EXPRESSIONS = """
tf.strings.ngrams(["a", "b", "c"], 2)
tf.strings.ngrams(["a", "b", "c"], (1, 3), separator="|")
tf.strings.ngrams(["a", "b", "c"], 2, pad_values="_")
tf.strings.ngrams(["a", "b", "c"], 2, pad_values=("<", ">"))
tf.strings.ngrams(["a", "b", "c"], 3, pad_values="_", padding_width=1)
tf.strings.ngrams(["a", "b", "c"], [2, 3], pad_values="_", padding_width=5)
tf.strings.ngrams(["a", "b"], 3)
tf.strings.ngrams(["a", "b"], 3, preserve_short_sequences=True)
tf.strings.ngrams(["a", "b"], 7, pad_values="_", padding_width=1, preserve_short_sequences=True)
tf.strings.ngrams([["a", "b", "c"], ["d", "e", "f"]], 2)
tf.strings.ngrams([["a", "b", "c"], ["d", "e", "f"]], [2, 3])
tf.strings.ngrams(tf.strings.split("the quick brown fox"), 2)
tf.strings.ngrams(["a", "b"], [3, 4], preserve_short_sequences=True)
tf.strings.ngrams(["a", "b"], [2, 4], preserve_short_sequences=True)
tf.strings.ngrams("a", 2)
tf.strings.ngrams(["a"], 0)
tf.strings.ngrams(["a", "b"], 2, padding_width=1)
tf.strings.ngrams(["a", "b"], 2, pad_values="_", padding_width=0)
tf.strings.ngrams(["a", "b"], 2, pad_values=3)
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_tensorflow(expression):
    same(lambda tf: eval(expression, {"tf": tf}))
