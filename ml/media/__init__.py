"""All decoding of strangers' files: probe, frames, audio, proxy, thumbnails, waveform, in bounded memory.

Empty on purpose: the caged child imports this package before it has set its own limits.
"""
