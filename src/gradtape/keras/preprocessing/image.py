"""tf.keras.preprocessing.image: conversion of images between files, Pillow and arrays."""

from gradtape._src.keras.utils.pictures import (
    array_to_img as array_to_img,
    img_to_array as img_to_array,
    load_img as load_img,
    save_img as save_img,
    smart_resize as smart_resize,
)
