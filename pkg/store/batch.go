package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/neurosweep/sweep/pkg/models"
)

// Batch collects records on their way to the journal. It belongs to one
// goroutine until it is given to [Store.Append].
type Batch struct {
	block    *block
	identity *models.Identity
	state    int // place of the state's column, -1 if there is none
	record   []models.Kept
}

func newBatch(plan Plan, t *table) *Batch {
	return &Batch{block: newBlock(t), identity: plan.Setting().NewIdentity(), state: t.place(stateColumn), record: plan.Setting().Record}
}

// Timing is how long a trial took. CPU is -1 where it was not measured.
type Timing struct {
	Wall, CPU int64 // ns
	Attempt   int   // from 1
}

// Len is the number of records in the batch.
func (b *Batch) Len() int { return b.block.rows() }

// Size is about how many bytes of series and traces the batch holds.
func (b *Batch) Size() int { return b.block.size() }

// maxMessage bounds what a failure's message may take in the data set.
const maxMessage = 16 << 10

// Add adds the record of a trial that ended with err: nil, or a
// [*models.Failure], which leaves all outputs null. Where the plan keeps traces the
// trial has recorded them.
func (b *Batch) Add(p *models.Point, t *models.Trial, err error, timing Timing) {
	c := b.block.columns
	traces := c[len(c)-len(b.record):]
	c[journalTrial].addInt(p.Trial)
	c[journalID].addID(b.identity.Of(p))
	c[journalAttempt].addInt(int64(timing.Attempt))
	c[journalRun].addNull() // this run, which the segment names
	c[journalWall].addInt(timing.Wall)
	if timing.CPU >= 0 {
		c[journalCPU].addInt(timing.CPU)
	} else {
		c[journalCPU].addNull()
	}
	if err != nil {
		failure := failureOf(err)
		c[journalStatus].addText(statusFailed)
		c[journalClass].addText(failure.Class)
		c[journalError].addText(failure.Message)
		if failure.Stack != "" {
			c[journalStack].addText(failure.Stack)
		} else {
			c[journalStack].addNull()
		}
		for i := range t.Slots {
			c[journalOutputs+i].addNull()
		}
		if b.state >= 0 {
			c[b.state].addNull()
		}
		for i := range traces {
			traces[i].addNull()
		}
		return
	}
	c[journalStatus].addText(statusOK)
	c[journalClass].addNull()
	c[journalError].addNull()
	c[journalStack].addNull()
	for i := range t.Slots {
		s, col := &t.Slots[i], &c[journalOutputs+i]
		switch {
		case s.State != models.Set:
			col.addNull()
		case col.kind == textColumn:
			col.addText(s.Text)
		case col.kind == seriesColumn:
			col.addSeries(s.Series)
		default:
			col.addBits(s.Bits)
		}
	}
	if b.state >= 0 {
		c[b.state].addSeries(t.After)
	}
	for i, k := range b.record {
		if k.Trace.Recorded(t) {
			traces[i].addTrace(t.Recording().Samples(k.Trace))
		} else {
			traces[i].addNull()
		}
	}
}

// failureOf is err as a failure whose texts are fit for the data set.
func failureOf(err error) models.Failure {
	failure := &models.Failure{Class: "error", Message: err.Error()}
	errors.As(err, &failure)
	return models.Failure{Class: plain(failure.Class), Message: plain(failure.Message), Stack: plain(failure.Stack)}
}

// plain makes a text fit for every reader of Parquet: UTF-8, of bounded length.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes in all)", s[:cut], len(s))
}
