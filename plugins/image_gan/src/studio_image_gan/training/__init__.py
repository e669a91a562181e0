"""Training and evaluation of the picture GANs; needs the extra `studio-image-gan[train]`."""
