package runner

import (
	"slices"
	"sync"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

const (
	// maxObserved bounds how many trials a fit looks at; when there are more,
	// every second one is dropped.
	maxObserved = 4096
	// observeEvery bounds how often a worker's trials are observed, so that
	// observing short ones costs nothing.
	observeEvery = time.Millisecond
)

// Costs collects how long trials take while they are run, and fits a [Cost] when
// asked. It may be used by many goroutines.
type Costs struct {
	model *models.Model

	mu       sync.Mutex
	observed []Observation
	every    int // of the trials told about, one in every is kept
	told     int
	cut      []Observation // of trials that were cut off: they take longer
	cost     *Cost
	fitted   int // told when cost was fitted
}

// NewCosts returns an empty collection for trials of the model.
func NewCosts(m *models.Model) *Costs { return &Costs{model: m, every: 1} }

// Observe takes note of a trial that has ended.
func (c *Costs) Observe(p *models.Point, wall time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told++
	if c.told%c.every != 0 {
		return
	}
	if len(c.observed) == maxObserved {
		for i := range maxObserved / 2 {
			c.observed[i] = c.observed[2*i+1]
		}
		c.observed = c.observed[:maxObserved/2]
		c.every *= 2
	}
	c.observed = append(c.observed, Observation{Traits(c.model, p, nil), wall.Seconds()})
}

// Censor takes note of a trial that was cut off after so long.
func (c *Costs) Censor(p *models.Point, ran time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = append(c.cut, Observation{Traits(c.model, p, nil), afterCut(ran).Seconds()})
	c.cost = nil
}

// Fit is the cost as far as it is known, nil if no trial has ended. It is
// fitted anew when there are a tenth more trials.
func (c *Costs) Fit() *Cost {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cost == nil || c.told >= c.fitted+max(c.fitted/10, 1) {
		c.cost, c.fitted = c.fit(), c.told
	}
	return c.cost
}

// fit is the cost by the trials that have ended, and by those that were cut off
// after a longer time than it would have them take.
func (c *Costs) fit() *Cost {
	sizes := len(c.model.Size)
	cost := FitCost(c.observed, sizes)
	observed := slices.Clip(c.observed)
	for _, o := range c.cut {
		if cost == nil || cost.Wall(o.Traits) < o.Wall {
			observed = append(observed, o)
		}
	}
	if len(observed) == len(c.observed) {
		return cost
	}
	return FitCost(observed, sizes)
}

// wall is the expected wall time of a trial, 0 if nothing is known.
func (c *Costs) wall(p *models.Point) time.Duration {
	cost := c.Fit()
	if cost == nil {
		return 0
	}
	var space [64]float64
	seconds := cost.Wall(Traits(c.model, p, space[:0]))
	return time.Duration(min(seconds, 1e9) * float64(time.Second))
}
