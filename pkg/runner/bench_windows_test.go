package runner_test

import (
	"syscall"
	"time"
)

// cpuTime is the CPU time of the whole process.
func cpuTime() time.Duration {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		panic(err)
	}
	var created, ended, system, user syscall.Filetime
	if err := syscall.GetProcessTimes(process, &created, &ended, &system, &user); err != nil {
		panic(err)
	}
	ticks := int64(system.HighDateTime+user.HighDateTime)<<32 + int64(system.LowDateTime) + int64(user.LowDateTime)
	return time.Duration(100 * ticks)
}
