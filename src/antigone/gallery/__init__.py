"""Templates to candidates: the indexes that compare a probe with every reference."""

from antigone.gallery.catalogue import Catalogue, IndexHealth
from antigone.gallery.faiss import FaissIndex, IndexOptions
from antigone.gallery.oracle import NumpyIndex
from antigone.gallery.protocol import GalleryIndex, Neighbours

__all__ = [
    "Catalogue",
    "FaissIndex",
    "GalleryIndex",
    "IndexHealth",
    "IndexOptions",
    "Neighbours",
    "NumpyIndex",
]
