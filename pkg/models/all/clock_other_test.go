//go:build !linux

package all_test

import "time"

var begun = time.Now()

// threadCPU is the time, where that of a thread is not to be had.
func threadCPU() time.Duration { return time.Since(begun) }
