// Holds the precompiled header that the targets of LibTorch share.
