//go:build !linux && !darwin && !windows

package runner

// MachineMemory is how much memory the process may take before the system ends
// it, in bytes; 0 where it can't be had.
func MachineMemory() int64 { return 0 }
