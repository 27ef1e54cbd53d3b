"""tf.io.gfile: the file system."""

from gradtape._src.io.files import glob as glob, makedirs as makedirs
from gradtape._src.io.gfile import (
    GFile as GFile,
    copy as copy,
    exists as exists,
    isdir as isdir,
    join as join,
    listdir as listdir,
    mkdir as mkdir,
    remove as remove,
    rename as rename,
    rmtree as rmtree,
    stat as stat,
    walk as walk,
)
