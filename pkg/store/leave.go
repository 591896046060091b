package store

import (
	"errors"
	"sync"
	"time"
)

// leaving is how a store is closed in a hurry.
type leaving struct {
	once      sync.Once
	hurry     chan struct{} // closed when there is no time to seal
	committed chan struct{} // closed when all that was appended is in the journal
}

// Hurry has [Store.Close], whether it goes on or is to come, end at once: what was
// appended is made durable in the journal, and nothing more is sealed. Work that
// goes on then is not waited for, and the folder stays locked, until the process
// ends, which it must.
func (s *Store) Hurry() { s.once.Do(func() { close(s.hurry) }) }

// leave ends the writing in a hurry, after the queue has been closed.
func (s *Store) leave() error {
	<-s.committed
	s.run.Ended = time.Now().UTC()
	counts := s.Counts()
	s.run.Counts = &counts
	err := s.Err()
	if err != nil {
		s.run.Error = err.Error()
	}
	return errors.Join(err, s.writeRun())
}
