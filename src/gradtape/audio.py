"""tf.audio: WAV files."""

from gradtape._src.io.audio import decode_wav as decode_wav, encode_wav as encode_wav
