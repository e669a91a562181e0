"""Training and evaluation of the point clouds; needs the extra `studio-point-cloud[train]`."""
