package runner

import "unsafe"

var globalMemoryStatus = kernel.NewProc("GlobalMemoryStatusEx")

// MachineMemory is how much memory the process may take before the system ends
// it, in bytes: what the machine has; 0 where it can't be had.
func MachineMemory() int64 {
	// MEMORYSTATUSEX of the Windows API.
	var m struct {
		length, load                                                          uint32
		total, free, totalPage, freePage, totalVirtual, freeVirtual, extended uint64
	}
	m.length = uint32(unsafe.Sizeof(m))
	if ok, _, _ := globalMemoryStatus.Call(uintptr(unsafe.Pointer(&m))); ok == 0 {
		return 0
	}
	return int64(m.total)
}
