package measure

import (
	"context"

	"github.com/neurosweep/sweep/internal/patience"
)

// Autocorrelation sets dst[k] to the autocorrelation of x at lag k,
//
//	rho(k) = sum_t (x(t) - m)(x(t+k) - m) / sum_t (x(t) - m)²
//
// for k from 0 to len(dst)-1. A constant series has 1, 0, 0, ... It heeds ctx, whose
// error is the only one.
func Autocorrelation(ctx context.Context, dst, x []float64) error {
	if len(dst) > len(x) {
		panic("measure: lags that are longer than the series")
	}
	var mean float64
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	var c0 float64
	work := patience.New(ctx)
	for k := range dst {
		if err := work.Spend(len(x)); err != nil {
			return err
		}
		c := covariance(x, mean, k)
		if k == 0 {
			c0 = c
		}
		switch {
		case k == 0:
			dst[k] = 1
		case c0 == 0:
			dst[k] = 0
		default:
			dst[k] = c / c0
		}
	}
	return nil
}

func covariance(x []float64, mean float64, k int) float64 {
	var sum float64
	for t := range len(x) - k {
		sum += float64((x[t] - mean) * (x[t+k] - mean))
	}
	return sum
}

// AutocorrelationTime is the integrated autocorrelation time of x in steps,
//
//	tau = 1 + 2 sum_{k=1}^{W} rho(k),   W the smallest with W >= 5 max(tau, 2)
//
// with the window of Sokal: a mean over n values is as exact as one over n/tau
// independent ones. 1 for white noise, below 1 where neighbours lie on opposite
// sides of the mean. It is not ok if the series is too short for its own memory,
// W > len(x)/4, and then what was summed up to there. It heeds ctx, whose error is the
// only one.
//
// Cost: len(x) W.
//
// A. Sokal, Monte Carlo Methods in Statistical Mechanics (1997).
func AutocorrelationTime(ctx context.Context, x []float64) (tau float64, ok bool, err error) {
	var mean float64
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	c0 := covariance(x, mean, 0)
	tau = 1
	if c0 == 0 {
		return tau, true, nil
	}
	work := patience.New(ctx)
	for k := 1; k <= len(x)/4; k++ {
		if err := work.Spend(len(x)); err != nil {
			return tau, false, err
		}
		tau += 2 * covariance(x, mean, k) / c0
		if float64(k) >= 5*max(tau, 2) { // at least 10: below 1 tau says nothing of the memory
			return tau, true, nil
		}
	}
	return tau, false, nil
}
