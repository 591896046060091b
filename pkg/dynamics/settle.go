package dynamics

import "context"

// Settle sweeps until a sweep reports that it has changed nothing, or most sweeps
// are made. sweeps is how many there were that changed something, or most.
func Settle(ctx context.Context, most int, sweep func(context.Context) (done bool, err error)) (sweeps int, settled bool, err error) {
	for ; sweeps < most; sweeps++ {
		if settled, err = sweep(ctx); settled || err != nil {
			return sweeps, settled, err
		}
	}
	return sweeps, false, nil
}
