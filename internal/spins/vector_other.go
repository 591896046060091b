//go:build !amd64

package spins

// vector lists the kernels in assembly: none.
func vector() []Kernel { return nil }
