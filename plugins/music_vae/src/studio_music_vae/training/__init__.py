"""Training and evaluation of the music models; needs the extra `studio-music-vae[train]`."""
