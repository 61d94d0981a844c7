"""Views of transfers for notebooks' front ends: the kernel's half; the browser's is made from labextension/src."""
