"""Training and evaluation of the sound VAE; needs the extra `studio-sound-vae[train]`."""
