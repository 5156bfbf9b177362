"""Writes images of many kinds with Pillow, and what torchvision makes of each.

Usage: image_reference.py FOLDER
NAME.f32 beside each image: 3 x 64 x 64 float32, for the shorter side at 73.
Needs torchvision and PIL.
"""

import pathlib
import sys

import numpy
from PIL import Image
from torchvision import transforms

TO_INPUT = transforms.Compose([
    transforms.Resize(73),
    transforms.CenterCrop(64),
    transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])


def noise(height, width, channels, seed):
    values = numpy.random.default_rng(seed).integers(0, 256, (height, width, channels))
    return values.astype(numpy.uint8)


def main():
    folder = pathlib.Path(sys.argv[1])
    large = Image.fromarray(noise(211, 300, 3, 0))
    upright = Image.fromarray(noise(150, 90, 3, 1))
    small = Image.fromarray(noise(20, 31, 3, 2))
    gray = Image.fromarray(noise(100, 101, 1, 3)[:, :, 0])
    alpha = Image.fromarray(noise(80, 80, 4, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned

    large.save(folder / "large.png")
    upright.save(folder / "upright.png")
    small.save(folder / "enlarged.png")
    gray.save(folder / "gray.png")
    alpha.save(folder / "alpha.png")
    large.convert("P").save(folder / "palette.png")
    large.convert("P").save(folder / "transparent_palette.png", transparency=3)
    gray.convert("1").save(folder / "one_bit.png")
    large.save(folder / "baseline.jpg", quality=90)
    large.save(folder / "progressive.jpg", quality=75, progressive=True)
    upright.save(folder / "turned.jpg", exif=exif)
    gray.save(folder / "gray.jpg")

    for path in sorted(folder.glob("*.*")):
        values = TO_INPUT(Image.open(path).convert("RGB"))
        path.with_name(path.name + ".f32").write_bytes(values.numpy().tobytes())


if __name__ == "__main__":
    main()
