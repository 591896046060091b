package runner

import "golang.org/x/sys/unix"

// MachineMemory is how much memory the process may take before the system ends
// it, in bytes: what the machine has; 0 where it can't be had.
func MachineMemory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(n)
}
