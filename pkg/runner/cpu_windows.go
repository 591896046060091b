package runner

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel         = windows.NewLazySystemDLL("kernel32.dll")
	getThreadTimes = kernel.NewProc("GetThreadTimes")
)

// threadCPU is the CPU time of the calling thread in nanoseconds, -1 where it
// can't be had. Its steps are those of the system's clock, some 16 ms.
func threadCPU() int64 {
	var created, ended, system, user syscall.Filetime
	ok, _, _ := getThreadTimes.Call(uintptr(windows.CurrentThread()), uintptr(unsafe.Pointer(&created)), uintptr(unsafe.Pointer(&ended)), uintptr(unsafe.Pointer(&system)), uintptr(unsafe.Pointer(&user)))
	if ok == 0 {
		return -1
	}
	return hundreds(system) + hundreds(user)
}

// hundreds are the nanoseconds of a time that is counted in steps of 100 ns.
func hundreds(t syscall.Filetime) int64 {
	return 100 * (int64(t.HighDateTime)<<32 | int64(t.LowDateTime))
}
