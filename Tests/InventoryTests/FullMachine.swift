// A machine that has everything that a section reads, and a canary in everything that lies beside it.

/// "CANARY" and a number: text that no section may show.
private func canary(_ number: Int) -> String { "CANARY\(number)\n" }

let canaryWord = "CANARY"

/// Files that sections read.
let toldFiles: [String: String] = [
  "/sys/class/dmi/id/sys_vendor": "Maker AG\n",
  "/sys/class/dmi/id/product_name": "Box 9\n",
  "/sys/class/dmi/id/bios_version": "1.4.2\n",
  "/sys/class/dmi/id/bios_date": "03/01/2024\n",
  "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Chip 7\nSerial\t\t: CANARY1\nflags\t\t: a b\n",
  "/proc/sys/kernel/osrelease": "6.1.0\n",
  "/proc/sys/kernel/tainted": "4097\n",
  "/proc/sys/kernel/hostname": canary(2),
  "/proc/sys/vm/swappiness": "60\n",
  "/proc/sys/kernel/core_pattern": canary(3),
  "/proc/cmdline":
    "root=UUID=CANARY4 ro quiet console=ttyS0,115200 ip=CANARY5 token=CANARY6 CANARY7"
    + " init=\"/bin/sh CANARY8\" panic=10 BOOT_IMAGE=CANARY9 -- --secret CANARY10\n",
  "/proc/modules": "wifi 4096 1 other, Live 0xCANARY11 (OE)\nusbhid 65536 0 - Live 0x0\n",
  "/proc/uptime": "93784.11 1.00\n",
  "/proc/stat": "cpu  1 2 3 4\ncpu0 1 2 3 4\nbtime 1764115200\nprocesses 99\nprocs_blocked 2\n",
  "/proc/meminfo": "MemTotal: 2097152 kB\nMemFree: 1024 kB\nSecret: CANARY12 kB\n",
  "/proc/vmstat": "oom_kill 3\npgfault 12\nnr_secret 4\n",
  "/proc/swaps": "Filename Type Size Used Priority\n/dev/sda3 partition 1048576 524288 -2\n",
  "/proc/loadavg": "4.00 3.00 2.00 5/321 99\n",
  "/proc/self/mountinfo": """
  20 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw,errors=remount-ro
  21 20 0:40 / /mnt/share rw - cifs //CANARY13/CANARY14 rw,username=CANARY15,password=CANARY16,vers=3.0,\
  credentials=/etc/CANARY17,domain=CANARY18,addr=CANARY19
  22 20 0:41 / /mnt/fuse rw - fuse.sshfs CANARY20@host:/ rw,user_id=0,CANARY21
  23 20 8:17 / /mnt/by-id rw - ext4 /dev/disk/by-id/ata-CANARY22 rw
  24 20 0:5 / /proc rw - proc proc rw
  """,
  "/statvfs": "4096 1000 400 300 100 60 /\n",
  "/sys/fs/ext4/sda2/errors_count": "7\n",
  "/sys/fs/ext4/sda2/first_error_time": "1764115200\n",
  "/sys/fs/ext4/sda2/last_error_func": canary(23),
  "/sys/block/sda/size": "2097152\n",
  "/sys/block/sda/queue/rotational": "0\n",
  "/sys/block/sda/queue/scheduler": "none [mq-deadline] bfq\n",
  "/sys/block/sda/device/model": "Disk 5  \n",
  "/sys/block/sda/device/ioerr_cnt": "0x1f\n",
  "/sys/block/sda/device/wwid": canary(24),
  "/sys/block/sda/device/serial": canary(25),
  "/sys/block/sda/device/vpd_pg80": canary(26),
  "/sys/block/sda/sda1/size": "1024\n",
  "/sys/block/sda/sda1/partition_uuid": canary(27),
  "/sys/block/sda/serial": canary(28),
  "/sys/block/dm-0/size": "2048\n",
  "/sys/block/dm-0/dm/name": "vg-root\n",
  "/sys/block/dm-0/dm/uuid": canary(29),
  "/proc/diskstats": "   8 0 sda 100 0 2048 500 50 0 4096 100 0 1000 700\n",
  "/sys/class/net/eth0/mtu": "1500\n",
  "/sys/class/net/eth0/operstate": "down\n",
  "/sys/class/net/eth0/type": "1\n",
  "/sys/class/net/eth0/carrier_changes": "812\n",
  "/sys/class/net/eth0/address": canary(30),
  "/sys/class/net/eth0/broadcast": canary(31),
  "/sys/class/net/eth0/ifalias": canary(32),
  "/sys/class/net/eth0/phys_port_id": canary(33),
  "/sys/class/net/eth0/uevent": canary(34),
  "/sys/class/net/eth0/statistics/rx_bytes": "1048576\n",
  "/sys/class/net/eth0/statistics/rx_errors": "12\n",
  "/proc/net/arp": "IP HW Flags\n192.0.2.77 0x1 0x2 02:00:00:CANARY35 * eth0\n"
    + "192.0.2.78 0x1 0x0 00:00:00:00:00:00 * eth0\n",
  "/proc/net/route": "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
    + "eth0\t00000000\tFE0200C0\t0003\t0\t0\t100\t00000000\neth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\n",
  "/proc/net/fib_trie":
    "Main:\n  |-- 192.0.2.13\n        /32 host LOCAL\n  |-- 127.0.0.1\n        /32 host LOCAL\n",
  "/proc/net/if_inet6": "20010db8000000000000000000000013 02 40 00 80     eth0\n",
  "/etc/resolv.conf": "nameserver 192.0.2.53\nsearch CANARY36.example\nnameserver 127.0.0.53\n",
  "/proc/net/snmp": "Tcp: ActiveOpens RetransSegs Secret\nTcp: 5 6 CANARY37\n",
  "/proc/net/sockstat": "TCP: inuse 3 orphan 0 tw 45\n",
  "/proc/pressure/cpu": "some avg10=1.50 avg60=2.00 avg300=0.00 total=2500000\n",
  "/sys/fs/cgroup/system.slice/product.service/cgroup.procs": canary(38),
  "/sys/fs/cgroup/system.slice/product.service/memory.current": "1048576\n",
  "/sys/fs/cgroup/system.slice/product.service/memory.max": "max\n",
  "/sys/fs/cgroup/system.slice/product.service/memory.events": "low 0\noom_kill 4\n",
  "/sys/fs/cgroup/system.slice/product.service/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
  "/sys/fs/cgroup/system.slice/product.service/io.stat": "8:0 rbytes=1024 wbytes=2048 rios=1\n",
  "/sys/fs/cgroup/system.slice/product.service/memory.pressure":
    "full avg10=9.00 avg60=0.00 avg300=0.00 total=7\n",
  "/proc/77/stat": "77 (disk-writer) D 1 77 77 0 -1 0 0 0 0 0 300 200 0 0 20 0 4 0 1000 0 5000 0\n",
  "/proc/77/status":
    "Name:\tdisk-writer\nVmHWM:\t   30000 kB\nVmRSS:\t   20000 kB\nVmSwap:\t  400 kB\n",
  "/proc/77/wchan": "nfs_wait_bit_killable",
  "/proc/77/cmdline": "disk-writer\0--password\0CANARY39\0",
  "/proc/77/environ": "TOKEN=CANARY40\0",
  "/proc/77/cgroup": canary(41),
  "/proc/77/maps": canary(42),
  "/sys/class/thermal/thermal_zone0/type": "soc\n",
  "/sys/class/thermal/thermal_zone0/temp": "91500\n",
  "/sys/class/thermal/thermal_zone0/trip_point_0_type": "critical\n",
  "/sys/class/thermal/thermal_zone0/trip_point_0_temp": "90000\n",
  "/sys/class/thermal/cooling_device0/type": "fan\n",
  "/sys/class/thermal/cooling_device0/cur_state": "3\n",
  "/sys/class/thermal/cooling_device0/max_state": "3\n",
  "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "55\n",
  "/sys/class/hwmon/hwmon0/name": "lm75\n",
  "/sys/class/hwmon/hwmon0/temp1_input": "48000\n",
  "/sys/class/hwmon/hwmon0/temp1_crit": "65261850\n",
  "/sys/class/hwmon/hwmon0/temp1_alarm": "1\n",
  "/sys/class/hwmon/hwmon0/serial": canary(43),
  "/sys/class/power_supply/BAT0/type": "Battery\n",
  "/sys/class/power_supply/BAT0/temp": "387\n",
  "/sys/class/power_supply/BAT0/energy_full": "20000000\n",
  "/sys/class/power_supply/BAT0/serial_number": canary(44),
  "/sys/class/power_supply/BAT0/uevent": canary(45),
  "/sys/class/watchdog/watchdog0/identity": "Board watchdog\n",
  "/sys/class/watchdog/watchdog0/bootstatus": "32\n",
  "/sys/devices/platform/soc/soc:firmware/get_throttled": "50001\n",
  "/sys/class/rtc/rtc0/name": "rtc-ds1307\n",
  "/sys/class/rtc/rtc0/since_epoch": "12\n",
  "/etc/os-release":
    "NAME=\"Appliance OS\"\nVERSION_ID=4.2\nHOME_URL=https://CANARY46\nMACHINE=CANARY47\n",
  "/etc/machine-id": canary(48),
  "/etc/hostname": canary(49),
  "/sys/devices/system/cpu/cpu0/topology/core_id": "0\n",
  "/sys/devices/system/edac/mc/mc0/ce_count": "17\n",
  "/sys/devices/system/edac/mc/mc0/ue_count": "1\n",
  "/sys/bus/pci/devices/0000:00:1f.2/vendor": "0x8086\n",
  "/sys/bus/pci/devices/0000:00:1f.2/device": "0x1c02\n",
  "/sys/bus/pci/devices/0000:00:1f.2/class": "0x010601\n",
  "/sys/bus/pci/devices/0000:00:1f.2/vpd": canary(50),
  "/sys/bus/usb/devices/1-1/idVendor": "046d\n",
  "/sys/bus/usb/devices/1-1/idProduct": "c52b\n",
  "/sys/bus/usb/devices/1-1/serial": canary(51),
  "/sys/bus/usb/devices/1-1/product": canary(52),
  "/sys/bus/usb/devices/1-1/manufacturer": canary(53),
  "/sys/class/dmi/id/product_serial": canary(54),
  "/sys/class/dmi/id/product_uuid": canary(55),
  "/sys/class/dmi/id/board_serial": canary(56),
  "/sys/class/dmi/id/chassis_serial": canary(57),
  "/sys/class/dmi/id/board_asset_tag": canary(58),
  "/proc/device-tree/serial-number": canary(59),
  "/proc/net/unix": canary(60),
  "/proc/net/tcp": canary(61),
  "/proc/keys": canary(62),
]

func fullMachine() throws -> MadeMachine {
  let machine = try MadeMachine(toldFiles)
  try machine.link("/sys/class/net/eth0/device/driver", to: "/sys/bus/pci/drivers/e1000e")
  try machine.link("/sys/class/hwmon/hwmon0/device", to: "/sys/devices/platform/chip.656")
  try machine.link("/etc/localtime", to: "../usr/share/zoneinfo/Europe/Vienna")
  return machine
}
