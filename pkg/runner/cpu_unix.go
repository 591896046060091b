//go:build linux || darwin

package runner

import "golang.org/x/sys/unix"

// threadCPU is the CPU time of the calling thread in nanoseconds, -1 where it
// can't be had.
func threadCPU() int64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return -1
	}
	return t.Nano()
}
