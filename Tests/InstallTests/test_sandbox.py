"""From inside the units: what accordd and the upload cannot do, tried by a program in their place."""

import re
import time

from administrator import AS_ACCORD, DATABASES
from box import wait_for
from probe import FOLDER, answer_of, read_answer, started

ACCORDD, UPLOAD = "accordd.service", "accord-upload.service"

REFUSED = {"EPERM", "EACCES", "EROFS"}

WRITING = """
places = ["/etc/accord", "/etc", "/usr", "/var", "/var/lib", "/root", "/home", "/run", "/boot", "/dev"]
answer({place: attempt(open, place + "/probe", "w") for place in places}
       | {"the kernel": attempt(open, "/proc/sys/kernel/core_pattern", "w")}
       | {place: attempt(open, place + "/probe-file", "w") for place in ["/var/lib/accord", "/run/accord"]})
"""

KERNEL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    return "done" if getattr(libc, name)(*arguments) != -1 else errno.errorcode[ctypes.get_errno()]
answer({
    "unshare": call("unshare", 0x10000000), "mount": call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "ptrace": call("ptrace", 16, os.getppid(), None, None), "chroot": call("chroot", b"/tmp"),
    "sethostname": call("sethostname", b"probe", 5), "setuid": call("setuid", 0),
    "settime": attempt(time.clock_settime, time.CLOCK_REALTIME, time.time()),
    "set-user-id file": attempt(os.open, "/run/accord/probe-file", os.O_CREAT | os.O_WRONLY, 0o4755),
    "status": open("/proc/self/status").read(),
})
"""


def test_accordd_cannot_make_a_socket_that_reaches_beyond_the_machine(sharing):
    families = ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_BLUETOOTH", "AF_UNIX")
    made = answer_of(
        sharing, ACCORDD,
        f"answer({{name: attempt(socket.socket, getattr(socket, name), socket.SOCK_DGRAM) for name in {families}}})",
    )
    assert made.pop("AF_UNIX") == "done"
    assert set(made.values()) <= {"EAFNOSUPPORT"}, made


def test_the_upload_can_make_the_sockets_that_it_needs_and_no_others(sharing):
    families = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK")
    made = answer_of(
        sharing, UPLOAD,
        f"answer({{name: attempt(socket.socket, getattr(socket, name), socket.SOCK_DGRAM) for name in {families}}})",
    )
    assert [name for name in families if made[name] == "done"] == ["AF_INET", "AF_INET6", "AF_UNIX"]


def test_the_upload_can_look_up_names(sharing):
    found = answer_of(sharing, UPLOAD, 'answer([entry[4][0] for entry in socket.getaddrinfo("localhost", 443)])')
    assert "127.0.0.1" in found


def test_neither_unit_can_write_anywhere_but_where_its_files_are(sharing):
    for unit in (ACCORDD, UPLOAD):
        done = answer_of(sharing, unit, WRITING)
        sharing.box.shell("rm -f /run/accord/probe-file")
        assert [place for place, result in done.items() if result == "done"] == ["/var/lib/accord", "/run/accord"], unit


def test_neither_unit_has_a_privilege_or_a_way_to_get_one(sharing):
    for unit in (ACCORDD, UPLOAD):
        done = answer_of(sharing, unit, KERNEL)
        status = done.pop("status")
        assert set(done.values()) <= REFUSED, (unit, done)
        assert re.search(r"CapBnd:\s0+\n", status) and re.search(r"CapEff:\s0+\n", status)
        assert re.search(r"NoNewPrivs:\s1\n", status) and re.search(r"Seccomp:\s2\n", status)


def test_the_accordd_that_runs_has_neither_capabilities_nor_supplementary_groups(sharing):
    status = sharing.box.shell(f"cat /proc/{sharing.main_pid()}/status")
    assert re.search(r"CapPrm:\s0+\n(.*\n)*CapBnd:\s0+\n", status) and re.search(r"Seccomp:\s2\n", status)
    user, group = (int(sharing.box.shell(f"id {word} accord")) for word in ("-u", "-g"))
    assert re.search(rf"Uid:\s({user}\s?){{4}}\nGid:\s({group}\s?){{4}}\n", status)
    assert set(re.search(r"Groups:([^\n]*)\n", status)[1].split()) <= {str(group)}


def test_the_upload_cannot_read_the_hardware_the_kernel_or_other_processes(sharing):
    program = f"""
answer({{
    "sys": attempt(os.listdir, "/sys"), "net": attempt(os.listdir, "/sys/class/net"),
    "processes": [int(name) for name in os.listdir("/proc") if name.isdigit()], "own": os.getpid(),
    "first": attempt(os.stat, "/proc/1"), "accordd": attempt(os.stat, "/proc/{sharing.main_pid()}"),
    "figures": [attempt(open, "/proc/" + name) for name in ("stat", "meminfo", "sys/kernel/hostname", "cpuinfo")],
    "devices": attempt(os.listdir, "/dev/block"), "home": attempt(os.listdir, "/home"),
}})
"""
    seen = answer_of(sharing, UPLOAD, program)
    assert seen["processes"] == [seen["own"]]
    assert (seen["first"], seen["accordd"]) == ("ENOENT", "ENOENT")
    assert (seen["sys"], seen["net"], seen["home"]) == ("EACCES", "EACCES", "EACCES")
    assert set(seen["figures"]) == {"ENOENT"} and seen["devices"] == "ENOENT"


def test_the_upload_can_ask_no_service_of_the_machine_and_read_no_log(sharing):
    bus, places = "/run/dbus/system_bus_socket", ("/var/log", "/var/cache", "/run/log")
    program = f"""
answer([attempt(socket.socket(socket.AF_UNIX).connect, "{bus}")] + [attempt(os.listdir, place) for place in {places}])
"""
    # accordd's sandbox is the comparison: there the bus answers and /var/log can be listed.
    assert answer_of(sharing, ACCORDD, program)[:2] == ["done", "done"]
    assert set(answer_of(sharing, UPLOAD, program)) == {"EACCES"}


def test_the_upload_cannot_reach_the_history_or_the_key_also_after_they_were_written_anew(sharing):
    files = [path for path in DATABASES if "/private/" in path]
    wait_for(lambda: sharing.box.path(files[0]).exists(), "the history")
    program = f"""
def reach():
    return [attempt(os.listdir, "{FOLDER}/private"), attempt(open, "{files[0]}"),
            attempt(open, "{FOLDER}/private/hash.key"),
            attempt(os.rename, "{FOLDER}/private", "{FOLDER}/moved"), attempt(os.chmod, "{FOLDER}/private", 0o755)]
before = reach()
open("{FOLDER}/probe-began", "w").close()
while not os.path.exists("{FOLDER}/probe-go-on"):
    time.sleep(0.05)
answer([before, reach()])
"""
    inode = sharing.box.path(files[0]).stat().st_ino
    with started(sharing, UPLOAD, program) as probe:
        wait_for(lambda: sharing.box.path(f"{FOLDER}/probe-began").exists(), "the probe")
        sharing.accord("consent", "set", "environment=deny")
        wait_for(lambda: sharing.box.path(files[0]).stat().st_ino != inode, "the history written anew")
        sharing.box.path(f"{FOLDER}/probe-go-on").touch()
        probe.finish()
        before, after = read_answer(sharing)
    sharing.accord("consent", "set", "environment=share")
    assert before == after
    assert set(before[:3]) == {"EACCES"} and "done" not in before


def test_another_program_of_the_same_user_cannot_look_into_accordd(sharing):
    pid = sharing.main_pid()
    looks = [f": </proc/{pid}/{file}" for file in ("mem", "environ", "maps")]
    looks += [f"ls /proc/{pid}/{folder}/" for folder in ("fd", "root", "cwd")]
    for look in looks:
        assert sharing.box.run(*AS_ACCORD, "sh", "-c", look, check=False).code != 0, look
        # Root can: it is there to be seen.
        assert sharing.box.run("sh", "-c", look, check=False).code == 0, look


def test_the_units_state_their_limits_and_the_kernel_knows_those_that_it_keeps_itself(sharing):
    limits = {"MemoryMax": 48 << 20, "TasksMax": 160, "LimitCORE": 0, "OOMScoreAdjust": 500, "Nice": 10}
    assert {name: int(sharing.show(ACCORDD, name)) for name in limits} == limits
    assert (sharing.show(UPLOAD, "MemoryMax"), sharing.show(UPLOAD, "TasksMax")) == (str(128 << 20), "16")
    pid = sharing.main_pid()
    assert sharing.box.shell(f"cat /proc/{pid}/oom_score_adj; ps -o ni= -p {pid}").split() == ["500", "10"]


def test_nothing_that_accordd_asks_of_the_kernel_is_refused_by_its_filter(sharing):
    trace = "/root/accordd.trace"
    command = f"strace --follow-forks --quiet=all --output={trace} --attach={sharing.main_pid()}"
    sharing.box.shell(f"setsid {command} >/dev/null 2>&1 </dev/null & echo $! >/root/strace.pid")
    wait_for(lambda: sharing.box.path(trace).exists() and sharing.box.path(trace).stat().st_size, "a traced tick")
    sharing.ticks(4)
    sharing.accord("consent", "set", "environment=local")
    sharing.accord("consent", "set", "environment=share")
    sharing.new_batches()
    sharing.box.shell("kill $(cat /root/strace.pid)")
    time.sleep(0.2)
    lines = sharing.box.path(trace).read_text().splitlines()
    assert any("adjtime" in line and "EPERM" not in line for line in lines)
    assert any("renameat" in line or "rename(" in line for line in lines)
    assert [line for line in lines if "EPERM" in line or "EAFNOSUPPORT" in line] == []


def test_nothing_that_the_upload_asks_of_the_kernel_is_missing_in_its_filter(sharing):
    allowed = set(sharing.show(UPLOAD, "SystemCallFilter").split())
    trace = "/root/upload.trace"
    # Without the sandbox, where everything may be asked for.
    tracer = f"strace --follow-forks --quiet=all --output={trace}".split()
    sharing.box.run(*tracer, *AS_ACCORD, "accord", "upload", "--scheduled")
    lines = sharing.box.path(trace).read_text()
    asked = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", lines, re.MULTILINE))
    assert {"connect", "openat"} <= asked
    # Those are setpriv's, which the tests need and the unit does not.
    assert asked - allowed == {"setresuid", "setresgid", "setgroups", "capset"} & asked
