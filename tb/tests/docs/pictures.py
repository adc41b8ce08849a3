# SPDX-License-Identifier: Apache-2.0
"""Pictures of what a page shows, from the program's own output: a table as on a terminal, a waveform in GTKWave."""
import importlib.util
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
TOOLS = {"gtkwave": "gtkwave", "Xvfb": "xvfb"}


def missing(waveform):
    """The Debian packages that a picture still needs."""
    packages = [] if importlib.util.find_spec("PIL") else ["python3-pil"]
    if waveform:
        packages += [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    elif not Path(FONT).exists():
        packages.append("fonts-dejavu-core")
    return packages


def table(text, path):
    from PIL import Image, ImageDraw, ImageFont  # only who makes pictures needs it

    font = ImageFont.truetype(FONT, 15)
    lines = text.rstrip("\n").split("\n")
    width = max(font.getlength(line) for line in lines)
    image = Image.new("RGB", (int(width) + 32, 20 * len(lines) + 28), (24, 26, 32))
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((16, 14 + 20 * number), line, font=font, fill=(222, 224, 228))
    image.save(path)


def chosen(save, signals, marker, size):
    """A save file with some of the signals of another one, the cursor at a time, for a window of a size."""
    lines = save.read_text(encoding="utf-8").split("\n")
    first = next(i for i, line in enumerate(lines) if line.startswith("@"))
    head = [re.sub(r"^\*(\S+) .*", rf"*\1 {marker}", line) for line in lines[:first]]
    head = [f"[size] {size[0]} {size[1]}" if line.startswith("[size]") else line for line in head]
    head = ["[signals_width] 350" if line.startswith("[signals_width]") else line for line in head]
    body = []
    for signal in signals:
        pattern = rf"\+\{{[^}}]*\}} \S*\.{re.escape(signal)}(\[|$)"
        index = next(i for i, line in enumerate(lines) if re.match(pattern, line))
        # Flags of a trace that opens a group of its own lose that; a translation filter's line goes before the name.
        filtered = lines[index - 1].startswith("^")
        flags = int(lines[index - 2 if filtered else index - 1][1:], 16) & 0x202F
        body += [f"@{flags:x}"] + ([lines[index - 1]] if filtered else [])
        label = " ".join(part for part in signal.split(".") if part != "zero_skip")
        body.append("+{" + label + "} " + lines[index].split(" ", 1)[1])
    return "\n".join(head + body) + "\n"


def waveform(save, signals, marker, path):
    """GTKWave with some signals of a save file and its cursor at a time, on a screen of its own."""
    from PIL import ImageGrab

    size = (1550, 130 + 23 * (len(signals) + 1))
    arranged = save.with_name("picture.gtkw")
    arranged.write_text(chosen(save, signals, marker, size), encoding="utf-8")
    read, write = os.pipe()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size[0]}x{size[1]}x24"],
                              pass_fds=[write], **quiet)
    os.close(write)
    viewer = None
    try:
        with os.fdopen(read) as pipe:
            display = ":" + pipe.readline().strip()
        viewer = subprocess.Popen(["gtkwave", "--nomenu", "--rcvar", "hide_sst on", arranged.name], cwd=save.parent,
                                  env={**os.environ, "DISPLAY": display, "HOME": str(save.parent)}, **quiet)
        before = None
        for _ in range(300):
            time.sleep(0.5)
            image = ImageGrab.grab(xdisplay=display)
            if before is not None and image.tobytes() == before.tobytes() and painted(image) > 0.02:
                image.save(path)
                return
            before = image
        raise TimeoutError(f"{save.name}: GTKWave shows no waveform within two minutes")
    finally:
        for process in (viewer, screen):
            if process is not None:
                process.terminate()
                process.wait()


def painted(image):
    """The share of a picture that is GTKWave's green, of values and of PEs that work."""
    colours = image.getcolors(1 << 24)
    count = sum(number for number, (red, green, blue) in colours if green > 80 and red < 40 and blue < 40)
    return count / (image.width * image.height)
