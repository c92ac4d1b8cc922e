"""An appliance as the installed system sees it: its folder is the root of the file system, and systemd answers.

systemctl is a script that prints what a file says; everything else is the machine's own. The folder becomes the root only
for the command that is run, in a mount namespace of its own.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from appliance import SAMPLING_COMMANDS, Appliance, Result, program, run

# The folder, then the command. /proc is the machine's, so that accordd's process is seen.
_ENTER = """
set -e
for folder in usr proc sys dev opt tmp; do
  mkdir -p "$1/$folder"; [ ! -d "/$folder" ] || mount --rbind "/$folder" "$1/$folder"
done
mount --bind "$1/systemctl" "$1/usr/bin/systemctl"
root=$1; shift; exec chroot "$root" "$@"
"""

_SYSTEMCTL = """#!/bin/sh
case "$*" in
  *show*) cat /systemctl.show ;;
  *list-units*) cat /systemctl.failed ;;
esac
"""

_UNIT = "Id={name}\nLoadState={load}\nActiveState={state}\nUnitFileState={enablement}\n"
NEXT_UPLOAD = "2099-11-26T01:15:00Z"


class InstalledAppliance(Appliance):
    """Commands find it without --prefix."""

    @classmethod
    def of(cls, appliance: Appliance) -> "InstalledAppliance":
        """The same appliance, installed: accordd and the timer are active, and no unit has failed."""
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
            pytest.skip("only root can change the root of the file system, and not everywhere")
        installed = cls.__new__(cls)
        installed.__dict__.update(appliance.__dict__)
        root = installed.prefix
        for folder in ("run/systemd/system", "programs"):
            (root / folder).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            if Path("/", name).is_dir():
                (root / name).symlink_to(f"usr/{name}")
        for name in ("accord", "accordd"):
            shutil.copy(program(name), root / "programs")
        installed._script("systemctl", _SYSTEMCTL)
        installed.units()
        return installed

    def _script(self, name: str, text: str) -> None:
        (self.prefix / name).write_text(text)
        (self.prefix / name).chmod(0o755)

    def units(
        self, daemon: str = "active", upload: str = "inactive", timer: str = "active", failed: str = "", masked: str = ""
    ) -> None:
        """What systemd says from now on."""

        def unit(name: str, state: str, enablement: str) -> str:
            load = "masked" if name == masked else "loaded"
            return _UNIT.format(name=name, load=load, state=state, enablement=enablement)

        units = [
            unit("accordd.service", daemon, "enabled"),
            unit("accord-upload.service", upload, "static"),
            "NextElapseUSecRealtime=Thu 2099-11-26 01:15:00 UTC\n" + unit("accord-upload.timer", timer, "static"),
        ]
        (self.prefix / "systemctl.show").write_text("\n".join(units))
        (self.prefix / "systemctl.failed").write_text(failed)

    def let_systemctl_hang(self, seconds: int) -> None:
        """It does not answer from now on: a `sleep` of so many seconds."""
        self._script("systemctl", f"#!/bin/sh\nsleep {seconds}\n")

    def let_systemctl_fail(self) -> None:
        """It ends without an answer from now on, as when there is no bus."""
        self._script("systemctl", "#!/bin/sh\nexit 1\n")

    def entering(self, name: str, *arguments: str) -> list[str]:
        """The command line of one of the programs with the folder as the root."""
        enter = ["unshare", "-m", "--propagation", "private", "sh", "-c", _ENTER, "sh", str(self.prefix)]
        return [*enter, f"/programs/{name}", *arguments]

    def inside(self, name: str, *arguments: str) -> Result:
        """Runs one of the programs with the folder as the root."""
        return run(self.entering(name, *arguments))

    def accord(self, *arguments: str, json: bool = True) -> Result:
        where = arguments.index("--kernel-root") if "--kernel-root" in arguments else None
        kernel = () if where is not None or arguments[0] not in SAMPLING_COMMANDS else ("--kernel-root", str(self.kernel.root))
        return self.inside("accord", *arguments, *kernel, *["--json"] * json)
