//go:build !linux && !darwin && !windows

package runner

// threadCPU is the CPU time of the calling thread in nanoseconds, -1 where it
// can't be had.
func threadCPU() int64 { return -1 }
