package store

import "github.com/neurosweep/sweep/pkg/models"

// Plan is what the store must know of an experiment's plan.
type Plan interface {
	// Setting is the model, the seed and the streams.
	Setting() *models.Setting
	// Len is the number of trials.
	Len() int64
	// Point fills dst with a trial's point. It may be called from many
	// goroutines.
	Point(trial int64, dst *models.Point)
	// Swept lists the places of the parameters that have an axis.
	Swept() []int
	// ChainLen is how many links each chain has along which a state is handed
	// on: the trials [c*ChainLen, (c+1)*ChainLen) are chain c. It is 0 if there
	// are no chains.
	ChainLen() int64
	// Derived lists the columns that the plan derives; Point.Derived has their
	// values.
	Derived() []models.Column
	// Lengths are, for each of the model's outputs, how many numbers it has in
	// every trial that has it, 0 where it is no series or trials may differ.
	Lengths() []int
	// Hash is the same for two plans only if they have the same points in the
	// same order.
	Hash() [32]byte
}
