package runner

import (
	"slices"
	"testing"
)

func TestLimitFiles(t *testing.T) {
	for _, c := range []struct {
		groups string
		want   []string
	}{
		{"0::/\n", []string{"/g/memory.max", "/g/memory.high"}},
		{"0::/a/b\n", []string{"/g/a/b/memory.max", "/g/a/b/memory.high", "/g/a/memory.max", "/g/a/memory.high", "/g/memory.max", "/g/memory.high"}},
		{"5:cpu,cpuacct:/x\n4:memory:/x\n", []string{"/g/memory/x/memory.limit_in_bytes", "/g/memory/memory.limit_in_bytes"}},
		{"0::/../..\n", []string{"/g/memory.max", "/g/memory.high"}},
		{"what is this\n", nil},
	} {
		if got := limitFiles("/g", c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.groups, got)
		}
	}
}

func TestHardLimit(t *testing.T) {
	for _, c := range []struct{ limit, machine, want int64 }{
		{80, 100, 90}, {20, 100, 40}, {100, 100, 112}, {160, 100, 180}, {80, 0, 90},
	} {
		if got := hardLimit(c.limit, c.machine); got != c.want {
			t.Errorf("limit %d on a machine of %d: %d", c.limit, c.machine, got)
		}
	}
}
