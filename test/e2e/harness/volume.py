"""The volume of a ConfigMap or Secret as a kubelet keeps it: kubernetes/pkg/volume/util/atomic_writer.go."""
import itertools
import os
import pathlib
import shutil

DATA = "..data"


class Volume:
    """Files that are links to ..data/NAME; ..data is a link to a folder, and writing swaps it in one step."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self._numbers = itertools.count(1)

    def __truediv__(self, name):
        return self.folder / name

    def write(self, files):
        """Name to bytes, all of them: a name that is missing goes."""
        data = self.folder / DATA
        before = data.resolve() if data.is_symlink() else None
        fresh = self.folder / f"..{next(self._numbers)}"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        link = self.folder / f"{DATA}_tmp"
        link.symlink_to(fresh.name)
        os.replace(link, data)
        for name in files:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"{DATA}/{name}")
        for entry in self.folder.iterdir():
            if not entry.name.startswith("..") and entry.name not in files:
                entry.unlink()
        if before:
            shutil.rmtree(before)
