package dynamics

import (
	"fmt"
	"math"
)

// Ending is how an orbit ended.
type Ending uint8

// The endings.
const (
	Limit     Ending = iota // all steps were taken
	Converged               // it came to rest, or the search succeeded
	Periodic                // a period was found
	NoPeriod                // no period was found within the window
	Diverged                // it left every bound
)

// Endings are the names of all endings, for a model's label.
var Endings = [...]string{"limit", "converged", "periodic", "no-period", "diverged"}

func (e Ending) String() string {
	if int(e) < len(Endings) {
		return Endings[e]
	}
	return fmt.Sprintf("Ending(%d)", uint8(e))
}

// Beyond reports whether a coordinate of x is larger than bound in absolute
// value, or not a number.
func Beyond(x []float64, bound float64) bool {
	for _, v := range x {
		if !(math.Abs(v) <= bound) {
			return true
		}
	}
	return false
}
